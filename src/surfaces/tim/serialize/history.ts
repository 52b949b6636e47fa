import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import type { Notification } from "../../../domain/sync/notification.ts";
import { wireMessageID, wireNotificationID } from "../ids.ts";
import type { PageByName } from "../use-cases/conversations.ts";
import { seconds } from "./context.ts";
import { toWireConversation } from "./conversations.ts";
import { serializeMessage } from "./messages.ts";
import { serializeNotification } from "./notifications.ts";

/** Messages as one member sees them: `profiles` and `context` are of that member. */
export function serializeMessages(
  items: Message[],
  { context: conversationContext, profiles }: { context: ConversationContext; profiles: ProfileLookup },
) {
  const context = {
    wireConversation: toWireConversation(conversationContext),
    caller: conversationContext.self,
    profiles,
  };
  return items.map((message) => ({ message: serializeMessage(message, context) }));
}

/** A page of messages, with the cursor of the next page beside it. */
export function serializePage({ items, hasMore, shown }: PageByName) {
  const [oldest] = items;
  const isCompleted = !hasMore || !oldest;
  const nextReqMessageID = isCompleted ? "" : wireMessageID(oldest.conversationId, oldest.seq);
  return { data: shown ? serializeMessages(items, shown) : [], beside: { nextReqMessageID, isCompleted } };
}

/**
 * A page from a point on. It goes on at `nextMessageSeq`; at `nextMessageTime` a message may come twice.
 * @param isNewer its direction
 */
export function serializeHopping({ items, hasMore, shown }: PageByName, isNewer: boolean) {
  const end = isNewer ? items.at(-1) : items[0];
  const isCompleted = !hasMore || !end;
  return {
    messageList: shown ? serializeMessages(items, shown).map(({ message }) => message) : [],
    isCompleted,
    nextMessageSeq: isCompleted ? 0 : end.seq + (isNewer ? 1 : -1),
    nextMessageTime: isCompleted ? 0 : seconds(end.createdAt),
  };
}

/**
 * The same for notifications.
 * @param page newest first
 */
export function serializeNotifications({ items, hasMore }: { items: Notification[]; hasMore: boolean }) {
  const oldest = items.at(-1);
  const isCompleted = !hasMore || !oldest;
  const data = items.toReversed().map((notification) => ({ message: serializeNotification(notification) }));
  return {
    data,
    beside: { nextReqMessageID: isCompleted ? "" : wireNotificationID(oldest.id), isCompleted },
  };
}
