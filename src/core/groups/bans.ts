import { z } from "zod";
import type { Ban } from "../../domain/conversations/ban.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findLiveUsers, findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { countNamed } from "../contacts/strangers.ts";
import type { Core } from "../context.ts";
import { requireAllowed } from "../moderation/shown-texts.ts";
import { requireNoStrangers } from "../policies.ts";
import { usersById } from "./groups.ts";

const BanPosition = z.tuple([z.int()]);

/**
 * Bans a user from a group: a member is removed and an open join request rejected, in one step. The ban holds
 * for every way in until it is lifted.
 * @throws `not_found`, also for an unknown user; `forbidden`; `conflict` for too many bans; `rate_limited` as
 *   `countNamed`: the list of bans shows names to the caller, and the group to nobody who is banned
 */
export async function banUser(
  core: Core,
  caller: UserId,
  id: ConversationId,
  targetId: UserId,
  reason: string,
): Promise<void> {
  await countNamed(core, caller, [targetId]);
  await requireNoStrangers(core, caller, [targetId]);
  await requireAllowed(core, { reason }, id);
  const [person = null] = await findLiveUsers(core.db, [targetId]);
  await core.conversations.ban(id, { userId: caller, targetId, person, reason });
  core.securityLog.record("banned", { user: targetId, by: caller, conversation: id });
}

/** Lifts a ban; without one nothing changes. @throws `not_found`, also for an unknown user; `forbidden` */
export async function liftBan(
  core: Core,
  caller: UserId,
  id: ConversationId,
  targetId: UserId,
): Promise<void> {
  const users = await findLiveUsers(core.db, [targetId]);
  await core.conversations.liftBan(id, { userId: caller, targetId, hasAccount: users.length > 0 });
  core.securityLog.record("ban_lifted", { user: targetId, by: caller, conversation: id });
}

/**
 * Whether a user is banned from a group, as far as the caller may know: members who see no bans are told that
 * nobody is.
 * @throws `not_found`
 */
export async function isBanned(
  core: Core,
  caller: UserId,
  id: ConversationId,
  targetId: UserId,
): Promise<boolean> {
  try {
    const found = await core.conversations.bans(id, { userId: caller, limit: 1, after: 0, targetId });
    return found.length > 0;
  } catch (error) {
    if (error instanceof CoreError && error.code === "forbidden") return false;
    throw error;
  }
}

/** The banned users, the oldest ban first. @throws `not_found`, `forbidden` */
export async function listBans(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { limit, cursor }: PageQuery,
): Promise<Page<Ban>> {
  const [after] = cursor === undefined ? [0] : readCursor(BanPosition, cursor);
  const found = await core.conversations.bans(id, { userId: caller, limit: limit + 1, after });
  const { items, nextCursor } = pageOf(found, limit, (ban) => [ban.id]);
  const ids = items.map(({ user_id }) => user_id);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return {
    items: items.map(({ user_id, reason, banned_by, created_at }) => ({
      user: userOf(user_id),
      reason,
      bannedBy: banned_by,
      createdAt: created_at,
    })),
    nextCursor,
  };
}
