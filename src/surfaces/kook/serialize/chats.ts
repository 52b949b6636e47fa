import type { Listing } from "../schemas.ts";
import type { DirectConversation, DirectWithRelation } from "../use-cases/direct.ts";

/**
 * The times (milliseconds) and the unread count. Without messages `latest_msg_time` is 0, not the time of
 * creation.
 */
function activityOf({ readAt, lastSeq, updatedAt, unreadCount }: DirectConversation) {
  return {
    last_read_time: readAt,
    latest_msg_time: lastSeq === 0 ? 0 : updatedAt,
    unread_count: unreadCount,
  };
}

/** The other user. */
function targetOf({ peer }: DirectConversation) {
  const { id, username, online, avatar } = peer;
  return { target_info: { id: String(id), username, online, avatar } };
}

/** A conversation in a list. */
function serializeChat(chat: DirectConversation) {
  return { code: chat.code, ...activityOf(chat), ...targetOf(chat) };
}

/** A single conversation, with the relation of the two users. */
export function serializeDetail({ conversation: chat, relation }: DirectWithRelation) {
  return {
    code: chat.code,
    ...activityOf(chat),
    ...{ is_friend: relation.friends, is_blocked: relation.blocking, is_target_blocked: relation.blocked },
    ...targetOf(chat),
  };
}

/** A page of conversations. */
export function serializePage(
  { items, total }: { items: DirectConversation[]; total: number },
  { page, page_size }: Listing,
) {
  return {
    items: items.map(serializeChat),
    meta: { page, page_total: Math.ceil(total / page_size), page_size, total },
    sort: { id: 1 },
  };
}
