import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { Position, type SpaceId, type UserId } from "../../../domain/ids.ts";
import type { Mentioned, Message } from "../../../domain/messages/message.ts";
import { REMIND_TYPES, type SerializeContext, seconds, type WireConversation } from "../context.ts";
import { UNKNOWN_CODES } from "../errors.ts";
import { serializeGroup, TYPES } from "../groups/group.ts";
import { directID, groupConversationID, wireGroupID } from "../ids.ts";
import { serializeMessage } from "../messages/message.ts";
import { messageForShow } from "../messages/summary.ts";
import {
  type ConversationByName,
  type ListedByName,
  type ReminderSet,
  reminderOf,
} from "../use-cases/conversations.ts";
import type { ListItem } from "../use-cases/list.ts";
import { serializeSystem, serializeSystemInList } from "./notifications.ts";

/** A conversation as serialized messages refer to it. */
export function toWireConversation({
  id,
  kind,
  handle,
  spaceId,
  name,
  peer,
  peerRead,
}: Pick<Conversation, "id" | "kind" | "handle" | "name" | "peerRead"> & {
  spaceId?: SpaceId | null;
  peer?: Person;
}): WireConversation {
  if (kind === "group" || !peer)
    return { kind: "group", groupID: wireGroupID(id, { handle, spaceId }), name };
  return { kind: "direct", peer, peerReadSeq: peerRead?.readSeq ?? Position.parse(0) };
}

/** A conversation that was asked for by its name, also a direct one that was never opened. */
export function serializeByName(found: ListedByName, caller: UserId) {
  if ("notices" in found) return serializeSystem(found.notices);
  return "unused" in found
    ? serializeUnopened(found.unused)
    : serializeConversation(found, found.profiles, caller);
}

/** A conversation of the caller, in the shape of the SDK. */
function serializeConversation(
  { conversation, group }: ConversationByName,
  profiles: ProfileLookup,
  caller: UserId,
) {
  const { kind, policy, unreadCount, lastMessage, peer, peerRead, pinned, sorting } = conversation;
  const wireConversation = toWireConversation(conversation);
  const context = { wireConversation, profiles, caller: profiles(caller) };
  const groupID = wireConversation.kind === "group" ? wireConversation.groupID : "";
  return {
    conversationID:
      wireConversation.kind === "group"
        ? groupConversationID(groupID)
        : directID(wireConversation.peer.username),
    ...(kind === "group" ? { type: "GROUP", subType: TYPES[policy] } : { type: "C2C", subType: "" }),
    unreadCount,
    lastMessage: lastMessage ? lastMessageOf(lastMessage, context) : NO_MESSAGE,
    ...(peer ? { userProfile: userProfile(peer) } : { groupProfile: group && serializeGroup(group) }),
    groupAtInfoList: atInfoOf(conversation, groupID, profiles),
    ...{ remark: sorting?.remark ?? "", isPinned: pinned },
    ...{ markList: marksIn(sorting?.marks ?? 0), conversationGroupList: sorting?.groups ?? [] },
    messageRemindType: REMIND_TYPES[reminderOf(conversation)],
    peerReadTime: seconds(peerRead?.readAt ?? 0),
  };
}

/** The unread messages that mention the reader. A thread-only reply is not among the messages of this API. */
export function atInfoOf(
  { mentioned }: Pick<Conversation, "mentioned">,
  groupID: string,
  profiles: ProfileLookup,
) {
  return mentioned.filter(isInMain).map(({ seq, senderId, all, named }) => ({
    ...{ from: profiles(senderId).username, groupID, messageSequence: seq },
    atTypeArray: [all ? (named ? AT_ALL_AT_ME : AT_ALL) : AT_ME],
  }));
}

/** The marks among the bits of a number, the lowest first. Numbers up to 2^53 have no bitwise operators. */
function marksIn(bits: number): number[] {
  const digits = [...bits.toString(2)].reverse();
  return digits.flatMap((digit, place) => (digit === "1" ? 2 ** place : []));
}

function isInMain({ threadRoot }: Mentioned): boolean {
  return threadRoot === undefined;
}

/** The same in a list, with its whole last message. */
export function serializeInList(item: ListItem, profiles: ProfileLookup, caller: UserId) {
  if ("notices" in item) return serializeSystemInList(item.notices);
  const { lastMessage } = item.conversation;
  const context = {
    wireConversation: toWireConversation(item.conversation),
    profiles,
    caller: profiles(caller),
  };
  return {
    ...serializeConversation(item, profiles, caller),
    message: lastMessage && serializeMessage(lastMessage, context),
  };
}

/** The SDK's numbers of mentions: of the caller, of all members, of all members and the caller by name. */
const [AT_ME, AT_ALL, AT_ALL_AT_ME] = [1, 2, 3];

const NO_MESSAGE = {
  ...{ lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "", type: "", payload: {} },
  ...{ isRevoked: false, isPeerRead: false, nick: "", nameCard: "" },
};

function lastMessageOf(message: Message, context: SerializeContext) {
  const {
    ID: _,
    payload,
    type,
    time,
    sequence,
    from,
    isRevoked,
    isPeerRead,
    nick,
    nameCard,
  } = serializeMessage(message, context);
  return {
    ...{ lastTime: time, lastSequence: sequence, fromAccount: from, messageForShow: messageForShow(message) },
    ...{ type, payload, isRevoked, isPeerRead, nick, nameCard },
  };
}

function serializeUnopened(peer: Person) {
  return {
    ...{ conversationID: directID(peer.username), type: "C2C", subType: "", unreadCount: 0 },
    ...{ lastMessage: NO_MESSAGE, userProfile: userProfile(peer), groupAtInfoList: [] },
    ...{ remark: "", isPinned: false, markList: [], conversationGroupList: [] },
    ...{ messageRemindType: REMIND_TYPES.usual, peerReadTime: 0 },
  };
}

function userProfile({ username, nickname, avatar }: Person) {
  return { userID: username, nick: nickname, avatar };
}

/** The users for whom a reminder was set, and the users for whom it failed. */
export function serializeReminderOutcomes(outcomes: ReminderSet[]) {
  return {
    successUserList: outcomes.flatMap(({ username, missing }) => (missing ? [] : [{ userID: username }])),
    failureUserList: outcomes.flatMap(({ username, missing }) =>
      missing
        ? [{ userID: username, code: UNKNOWN_CODES[missing], message: `There is no such ${missing}.` }]
        : [],
    ),
  };
}
