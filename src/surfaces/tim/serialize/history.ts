import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { PageByName } from "../../../core/by-name/conversations.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/conversation-context.ts";
import type { Notification } from "../../../domain/sync/notification.ts";
import { wireMessageID, wireNoticeID } from "../ids.ts";
import { stageOf } from "./conversations.ts";
import { serializeMessage } from "./messages.ts";
import { serializeNotice } from "./notices.ts";

/** Messages as one member sees them. */
export function serializeStaged(
  items: Message[],
  { context, profiles }: { context: ConversationContext; profiles: ProfileLookup },
) {
  const setting = { stage: stageOf(context), caller: context.self, profiles };
  return items.map((message) => ({ message: serializeMessage(message, setting) }));
}

/** A page of messages, and beside it where the next one goes on. */
export function serializePage({ items, hasMore, shown }: PageByName) {
  const [oldest] = items;
  const isCompleted = !hasMore || !oldest;
  const nextReqMessageID = isCompleted ? "" : wireMessageID(oldest.conversationId, oldest.seq);
  return { data: shown ? serializeStaged(items, shown) : [], beside: { nextReqMessageID, isCompleted } };
}

/** The same of notices. @param page the newest first */
export function serializeNotices({ items, hasMore }: { items: Notification[]; hasMore: boolean }) {
  const oldest = items.at(-1);
  const isCompleted = !hasMore || !oldest;
  const data = items.toReversed().map((notification) => ({ message: serializeNotice(notification) }));
  return { data, beside: { nextReqMessageID: isCompleted ? "" : wireNoticeID(oldest.id), isCompleted } };
}
