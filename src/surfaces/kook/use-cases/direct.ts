import type { Core } from "../../../core/context.ts";
import {
  getConversation,
  loadConversations,
  openDirectByNumber,
} from "../../../core/conversations/conversations.ts";
import type { DirectRelation } from "../../../domain/contacts/relation.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { noConversation } from "../../../domain/errors.ts";
import type { ConversationCode, UserId } from "../../../domain/ids.ts";
import {
  findDirectByCode,
  findDirectConversation,
  findRelation,
} from "../../../storage/conversations/direct.ts";

/** A direct conversation as one of its two users sees it. */
export type DirectConversation = Conversation & Required<Pick<Conversation, "peer">>;

/** A direct conversation, and the relation of the caller to the other user. */
export interface DirectWithRelation {
  conversation: DirectConversation;
  relation: DirectRelation;
}

/**
 * A page (numbered from 1) of the caller's direct conversations, the newest activity first, and their total
 * number: one call of the inbox and one query of D1 for any number of entries.
 */
export async function listDirect(
  core: Core,
  caller: UserId,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: DirectConversation[]; total: number }> {
  const range = { kind: "direct", skip: (page - 1) * pageSize, limit: pageSize } as const;
  const { entries, total } = await core.inboxes.numbered(caller, range);
  const items = await loadConversations(core, caller, entries);
  return { items: items.map(asDirect), total };
}

/** The direct conversation with this code. @throws `not_found` unless the caller is in it */
export async function getDirect(
  core: Core,
  caller: UserId,
  code: ConversationCode,
): Promise<DirectWithRelation> {
  const { id, peerId } = await findByCode(core, caller, code);
  const [conversation, relation] = await Promise.all([
    getConversation(core, caller, id),
    findRelation(core.db, caller, peerId),
  ]);
  return { conversation: asDirect(conversation), relation };
}

/** Opens the direct conversation with a user, or finds it. @throws as `openDirect` */
export async function enterDirect(core: Core, caller: UserId, peer: UserId): Promise<DirectWithRelation> {
  const { conversation } = await openDirectByNumber(core, caller, peer);
  return { conversation: asDirect(conversation), relation: await findRelation(core.db, caller, peer) };
}

/**
 * Deletes a direct conversation for the caller only, by its code or by the other user.
 * @throws `not_found` if it does not exist
 */
export async function clearDirect(
  core: Core,
  caller: UserId,
  address: { code: ConversationCode } | { peer: UserId },
): Promise<void> {
  const id =
    "code" in address
      ? (await findByCode(core, caller, address.code)).id
      : await findDirectConversation(core.db, caller, address.peer);
  if (id === null) throw noConversation();
  await core.conversations.deleteForMe(id, { userId: caller });
}

async function findByCode(core: Core, caller: UserId, code: ConversationCode) {
  const found = await findDirectByCode(core.db, caller, code);
  if (!found) throw noConversation();
  return found;
}

function asDirect(conversation: Conversation): DirectConversation {
  const { peer } = conversation;
  if (!peer) throw new Error("a direct conversation has a peer");
  return { ...conversation, peer };
}
