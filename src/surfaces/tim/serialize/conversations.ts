import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type {
  ConversationByName,
  ListByName,
  ListedByName,
  ReminderSet,
} from "../../../core/by-name/conversations.ts";
import { reminderOf } from "../../../core/conversations/reminders.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { Position, type UserId } from "../../../domain/ids.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { NONE } from "../errors.ts";
import { directID, groupConversationID, wireGroupID } from "../ids.ts";
import { REMIND_TYPES } from "../schemas/conversations.ts";
import { serializeGroup, TYPES } from "./groups.ts";
import { serializeMessage } from "./messages.ts";
import { serializeListedSystem, serializeSystem } from "./notices.ts";
import { type Setting, type Stage, seconds } from "./setting.ts";
import { messageForShow } from "./summary.ts";

/** Where messages of a conversation are shown. */
export function stageOf({
  id,
  kind,
  handle,
  name,
  peer,
  peerRead,
}: Pick<Conversation, "id" | "kind" | "handle" | "name" | "peerRead"> & { peer?: Person }): Stage {
  if (kind === "group" || !peer) return { kind: "group", groupID: wireGroupID(id, handle), name };
  return { kind: "direct", peer, peerReadSeq: peerRead?.readSeq ?? Position.parse(0) };
}

/** One by its name, also where it was never opened. */
export function serializeNamed(named: ListedByName, caller: UserId) {
  if ("notices" in named) return serializeSystem(named.notices);
  return "unused" in named ? unused(named.unused) : serializeConversation(named, named.profiles, caller);
}

/** A conversation of the caller's, as the SDK's has it. */
function serializeConversation(
  { conversation, group }: ConversationByName,
  profiles: ProfileLookup,
  caller: UserId,
) {
  const { kind, policy, unreadCount, lastMessage, peer, peerRead, pinned, mentioned } = conversation;
  const stage = stageOf(conversation);
  const setting = { stage, profiles, caller: profiles(caller) };
  const groupID = stage.kind === "group" ? stage.groupID : "";
  return {
    conversationID: stage.kind === "group" ? groupConversationID(groupID) : directID(stage.peer.username),
    ...(kind === "group" ? { type: "GROUP", subType: TYPES[policy] } : { type: "C2C", subType: "" }),
    unreadCount,
    lastMessage: lastMessage ? lastMessageOf(lastMessage, setting) : NO_MESSAGE,
    ...(peer ? { userProfile: userProfile(peer) } : { groupProfile: group && serializeGroup(group) }),
    groupAtInfoList: mentioned.map(({ seq, senderId, all }) => ({
      ...{
        from: profiles(senderId).username,
        groupID,
        messageSequence: seq,
        atTypeArray: [all ? AT_ALL : AT_ME],
      },
    })),
    ...{ remark: "", isPinned: pinned, messageRemindType: REMIND_TYPES[reminderOf(conversation)] },
    peerReadTime: seconds(peerRead?.readAt ?? 0),
  };
}

/** The same in a list, with its last message in full. */
export function serializeListed(shown: ListByName["items"][number], profiles: ProfileLookup, caller: UserId) {
  if ("notices" in shown) return serializeListedSystem(shown.notices);
  const { lastMessage } = shown.conversation;
  const setting = { stage: stageOf(shown.conversation), profiles, caller: profiles(caller) };
  return {
    ...serializeConversation(shown, profiles, caller),
    message: lastMessage && serializeMessage(lastMessage, setting),
  };
}

/** The SDK's numbers of who is named: the caller, all. */
const [AT_ME, AT_ALL] = [1, 2];

const NO_MESSAGE = {
  ...{ lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "", type: "", payload: {} },
  ...{ isRevoked: false, isPeerRead: false, nick: "", nameCard: "" },
};

function lastMessageOf(message: Message, setting: Setting) {
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
  } = serializeMessage(message, setting);
  return {
    ...{ lastTime: time, lastSequence: sequence, fromAccount: from, messageForShow: messageForShow(message) },
    ...{ type, payload, isRevoked, isPeerRead, nick, nameCard },
  };
}

function unused(peer: Person) {
  return {
    ...{ conversationID: directID(peer.username), type: "C2C", subType: "", unreadCount: 0 },
    ...{ lastMessage: NO_MESSAGE, userProfile: userProfile(peer), groupAtInfoList: [] },
    ...{ remark: "", isPinned: false, messageRemindType: REMIND_TYPES.usual, peerReadTime: 0 },
  };
}

function userProfile({ username, nickname, avatar }: Person) {
  return { userID: username, nick: nickname, avatar };
}

/** For whom it was settled how the caller hears of him, and for whom not. */
export function serializeReminded(outcomes: ReminderSet[]) {
  return {
    successUserList: outcomes.flatMap(({ username, missing }) => (missing ? [] : [{ userID: username }])),
    failureUserList: outcomes.flatMap(({ username, missing }) =>
      missing ? [{ userID: username, code: NONE[missing], message: `There is no such ${missing}.` }] : [],
    ),
  };
}
