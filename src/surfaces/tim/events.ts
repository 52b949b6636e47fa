import { capacityOf } from "../../domain/conversations/group-policies.ts";
import type { Settings } from "../../domain/settings.ts";
import type { DeviceEvent, EventPeople } from "../../domain/sync/socket-protocol.ts";
import { serializeInList } from "./conversations/conversation.ts";
import { serializeNotification } from "./conversations/notifications.ts";
import { wireCommunityID } from "./ids.ts";
import { serializeOnline } from "./messages/message.ts";

/**
 * The frame of an event on a socket of this API; null: it has none. Messages that were revoked or edited come
 * in `changed`.
 */
export function eventFrame(
  event: DeviceEvent,
  { reader, profileOf }: EventPeople,
  { maxGroupMembers }: Pick<Settings, "maxGroupMembers">,
): object | null {
  switch (event.type) {
    case "ready":
      return { type: "ready", user: event.userId };
    case "synced": {
      const { conversationId: conversation, lastSeq: sequence, rev: revision, hasMore } = event;
      return { type: "synced", conversation, sequence, revision, hasMore };
    }
    case "reset":
    case "activity": {
      const { type, conversationId: conversation, lastSeq: sequence, rev: revision } = event;
      return { type, conversation, sequence, revision };
    }
    case "read": {
      const { conversationId: conversation, userId: user, seq: sequence, unread } = event;
      const own = unread && { unreadCount: unread.count, lastSequence: unread.lastSeq };
      return { type: "read", conversation, user, sequence, ...own };
    }
    case "typing":
      return { type: "typing", conversation: event.conversationId, user: event.userId };
    case "hidden":
    case "deleted": {
      const { type, conversationId: conversation, seq: sequence } = event;
      return { type, conversation, sequence };
    }
    case "conversation": {
      const { conversation } = event;
      const capacity = capacityOf(conversation, maxGroupMembers);
      const group = conversation.kind === "group" ? { ...conversation, capacity, own: conversation } : null;
      const shown = serializeInList({ conversation, group }, profileOf, reader);
      const position = { conversation: conversation.id, sequence: conversation.lastSeq };
      return { type: "conversation", ...position, item: shown };
    }
    case "member": {
      const { conversationId: conversation, event: name, userIds } = event;
      const userIDList = userIds.map((id) => profileOf(id).username);
      return { type: "member", conversation, event: name, userIDList };
    }
    case "profile": {
      const { username: userID, nickname: nick, avatar } = event.user;
      return { type: "profile", user: { userID, nick, avatar } };
    }
    case "space":
      return { type: "community", groupID: wireCommunityID(event.spaceId) };
    case "presence":
      return { type: "status", userID: profileOf(event.userId).username, isOnline: event.online };
    case "friend":
      return { type: "friend", userID: profileOf(event.userId).username, state: event.state };
    case "notification": {
      const { notification, unreadCount } = event;
      const people = { actor: profileOf(notification.actorId), receiver: profileOf(reader) };
      return { type: "notice", unreadCount, message: serializeNotification({ ...notification, ...people }) };
    }
    case "notifications_read":
      return { type: "noticesRead", isListed: event.isListed };
    case "blocks":
      return { type: "blacklist" };
    case "friend_marks":
      return { type: "friendGroups" };
    case "online_message": {
      const { message } = event;
      const shown = serializeOnline(message, profileOf(reader), false);
      return { type: "online", conversation: message.conversationId, message: shown };
    }
    case "attributes": {
      const { attributes: groupAttributes, version } = event.state;
      return { type: "attributes", conversation: event.conversationId, groupAttributes, version };
    }
    case "counter": {
      const { type, conversationId: conversation, key, value } = event;
      return { type, conversation, key, value };
    }
    case "authed":
      return { type: "authed", expiresAt: Math.floor(event.expiresAt / 1_000) };
    case "kicked":
      return { type: "kicked", reason: event.reason };
    default:
      return null;
  }
}
