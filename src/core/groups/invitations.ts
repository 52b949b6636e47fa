import { z } from "zod";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import {
  type Invitation,
  type InvitationCode,
  type InvitedGroup,
  readInvitationCode,
} from "../../domain/conversations/invitation.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { isNotFound, noInvitation } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { findLiveUsers } from "../../storage/accounts/users.ts";
import { accountDeleted } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { getConversation } from "../conversations/conversations.ts";
import { requireOutOfShadow } from "../moderation/shown-texts.ts";

const InvitationPosition = z.tuple([z.int()]);

/** A row of an invitation, as the object of the group answers it. */
type StoredInvitation = Awaited<ReturnType<Core["conversations"]["createInvitation"]>>;

/**
 * Makes an invitation to a group: a code with which users join, whatever its join policy says.
 * @param terms `expiresInS`: how long it lasts (s), 7 days if absent; `maxUses`: how many users it lets in,
 *   any number if absent
 * @throws `not_found`, `forbidden`; `conflict` for too many that are open
 */
export async function createInvitation(
  core: Core,
  caller: UserId,
  id: ConversationId,
  terms: { expiresInS?: number | undefined; maxUses?: number | undefined },
): Promise<Invitation> {
  const { expiresInS = LIMITS.invitationDefaultS, maxUses = null } = terms;
  await requireOutOfShadow(core, caller);
  const input = { userId: caller, lifetimeMs: expiresInS * 1_000, maxUses };
  const made = await core.conversations.createInvitation(id, input);
  core.securityLog.record("invitation_created", { user: null, by: caller, conversation: id });
  return toInvitation(made);
}

/**
 * The open invitations of a group, oldest first: those that still admit a user.
 * @throws `not_found`, `forbidden`
 */
export async function listInvitations(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<Invitation>> {
  const [after] = cursor === undefined ? [0] : readCursor(InvitationPosition, cursor);
  const found = await core.conversations.invitations(id, { userId: caller, limit: limit + 1, after });
  const { items, nextCursor } = pageOf(found, limit, (row) => [row.id]);
  return { items: items.map(toInvitation), nextCursor };
}

/** Withdraws an invitation; without one nothing changes. @throws `not_found`, `forbidden` */
export async function withdrawInvitation(
  core: Core,
  caller: UserId,
  id: ConversationId,
  text: string,
): Promise<void> {
  // A text that is no code is asked for, too: whether the caller may is for the group to say.
  const wasThere = await core.conversations.withdrawInvitation(id, { userId: caller, code: text });
  if (wasThere) core.securityLog.record("invitation_withdrawn", { user: null, by: caller, conversation: id });
}

/**
 * What an invitation shows to whoever has its code.
 * @param caller null: somebody without a token
 * @throws `not_found` for a code that lets nobody in, whatever the reason; `forbidden` for a banned user
 */
export async function lookAtInvitation(
  core: Core,
  caller: UserId | null,
  text: string,
): Promise<InvitedGroup> {
  const { createdBy, ...group } = await withCode(text, (id, code) =>
    core.conversations.lookAtInvitation(id, { userId: caller, code }),
  );
  const [inviter = null] = await findLiveUsers(core.db, [createdBy]);
  return { ...group, inviter };
}

/**
 * Joins the group of an invitation. A member gets the same answer, and uses nothing up.
 * @throws as `lookAtInvitation`, and `group_full`
 */
export async function acceptInvitation(core: Core, caller: UserId, text: string): Promise<Conversation> {
  const [person] = await findLiveUsers(core.db, [caller]);
  if (!person) throw accountDeleted();
  const id = await withCode(text, async (id, code) => {
    const { state } = await core.conversations.acceptInvitation(id, { person, code });
    if (state === "gone") throw accountDeleted();
    return id;
  });
  return getConversation(core, caller, id);
}

/** Asks the group that a code names. @throws `not_found`, the same for every code that lets nobody in */
async function withCode<T>(
  text: string,
  ask: (id: ConversationId, code: InvitationCode) => Promise<T>,
): Promise<T> {
  const read = readInvitationCode(text);
  if (!read) throw noInvitation();
  try {
    return await ask(read.id, read.code);
  } catch (error) {
    throw isNotFound(error) ? noInvitation() : error;
  }
}

function toInvitation(row: StoredInvitation): Invitation {
  const { code, created_by, created_at, expires_at, max_uses, uses } = row;
  return {
    ...{ code, uses, createdBy: created_by, createdAt: created_at },
    ...{ expiresAt: expires_at, maxUses: max_uses },
  };
}
