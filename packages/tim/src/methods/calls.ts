import type { Client } from "../client.ts";
import { EVENT, TYPES } from "../constants.ts";
import { ChatError } from "../error.ts";
import { isObject, mapped, trusted } from "../json.ts";
import { profileIn } from "../state/profiles.ts";
import type { WireMessage } from "../state/wire.ts";
import type { Answer, Fields, Group, Reaction } from "../types.ts";
import { requireReady } from "./ready.ts";

/** A method that is a call of the server with the same name: parameters in, data out. */
type Call = (...parameters: unknown[]) => Promise<Answer<Fields>>;

/** The names that parameters have in the body of a call; none: the one parameter is the body. */
type Names = readonly string[];
const BODY: Names = [];
const group: Names = ["groupID"];

/** The methods that are calls, by the first part of their paths. */
const CALLS = {
  group: {
    ...{ createGroup: BODY, joinGroup: BODY, updateGroupProfile: BODY, changeGroupOwner: BODY },
    ...{ handleGroupApplication: BODY, getGroupProfile: BODY, searchGroupByID: group, getGroupList: BODY },
    ...{ dismissGroup: group, quitGroup: group, getGroupApplicationList: BODY, searchCloudGroups: BODY },
    ...{ initGroupAttributes: BODY, setGroupAttributes: BODY, deleteGroupAttributes: BODY },
    ...{ getGroupAttributes: BODY, setGroupCounters: BODY, increaseGroupCounter: BODY },
    ...{ decreaseGroupCounter: BODY, getGroupCounters: BODY, pinGroupMessage: BODY },
    ...{ getPinnedGroupMessageList: BODY, getGroupOnlineMemberCount: group, getGroupMemberList: BODY },
    ...{ getGroupMemberProfile: BODY, addGroupMember: BODY, deleteGroupMember: BODY },
    ...{ setGroupMemberMuteTime: BODY, setGroupMemberRole: BODY, setGroupMemberNameCard: BODY },
    ...{ setGroupMemberCustomField: BODY, markGroupMemberList: BODY, searchCloudGroupMembers: BODY },
    ...{ getJoinedCommunityList: BODY, createTopicInCommunity: BODY, deleteTopicFromCommunity: BODY },
    ...{ updateTopicProfile: BODY, getTopicList: BODY },
  },
  message: {
    ...{
      deleteMessage: ["messageList"],
      clearHistoryMessage: ["conversationID"],
      modifyMessage: ["message"],
    },
    ...{ getMessageListHopping: BODY, searchCloudMessages: BODY, downloadMergerMessage: ["message"] },
    ...{ sendMessageReadReceipt: ["messageList"], getMessageReadReceiptList: ["messageList"] },
    ...{ getGroupMessageReadMemberList: BODY, addMessageReaction: ["message", "reactionID"] },
    ...{ removeMessageReaction: ["message", "reactionID"], getMessageReactions: BODY },
    ...{ getAllUserListOfMessageReaction: BODY, setMessageExtensions: ["message", "extensions"] },
    ...{ getMessageExtensions: ["message"], deleteMessageExtensions: ["message", "keyList"] },
    ...{ setAllMessageRead: BODY, translateText: BODY, convertVoiceToText: BODY },
    ...{ setAllReceiveMessageOpt: BODY, getAllReceiveMessageOpt: BODY },
  },
  conversation: {
    ...{ pinConversation: BODY, markConversation: BODY, setConversationCustomData: BODY },
    ...{
      getConversationGroupList: BODY,
      createConversationGroup: BODY,
      deleteConversationGroup: ["groupName"],
    },
    ...{ renameConversationGroup: BODY, addConversationsToGroup: BODY, deleteConversationsFromGroup: BODY },
  },
  friend: {
    ...{
      getFriendList: BODY,
      addFriend: BODY,
      deleteFriend: BODY,
      checkFriend: BODY,
      getFriendProfile: BODY,
    },
    ...{ updateFriend: BODY, getFriendApplicationList: BODY, acceptFriendApplication: BODY },
    ...{ refuseFriendApplication: BODY, deleteFriendApplication: BODY, getFriendGroupList: BODY },
    ...{ createFriendGroup: BODY, deleteFriendGroup: BODY, addToFriendGroup: BODY },
    ...{ removeFromFriendGroup: BODY, renameFriendGroup: BODY, setFriendApplicationRead: BODY },
  },
  user: {
    ...{ getUserStatus: BODY, setSelfStatus: BODY, searchCloudUsers: BODY, followUser: BODY },
    ...{ unfollowUser: BODY, getMyFollowingList: BODY, getMyFollowersList: BODY, checkFollowType: BODY },
    ...{ getMutualFollowersList: BODY, getUserFollowInfo: BODY },
  },
  signaling: {
    ...{ invite: BODY, inviteSync: BODY, inviteInGroup: BODY, inviteInGroupSync: BODY, cancel: BODY },
    ...{ accept: BODY, reject: BODY, modifyInvitation: BODY },
  },
} as const satisfies Record<string, Record<string, Names>>;

type Areas = typeof CALLS;
type Name = { [Area in keyof Areas]: keyof Areas[Area] }[keyof Areas];
export type Calls = { [Method in Name]: Call };

/** Calls after which a group of the list is another. */
const CHANGING =
  /^(?:createGroup|joinGroup|updateGroupProfile|changeGroupOwner|handleGroupApplication|addGroupMember|deleteGroupMember)$/;
const LEAVING = /^(?:dismissGroup|quitGroup)$/;

/** Calls that are others for live rooms. */
const ROOMS = /^(?:joinGroup|quitGroup)$/;

/**
 * Joins or quits a live room: the app looks at it, or goes.
 * @returns the answer; null: the server is to be asked, as of any group
 */
async function ofRoom(client: Client, name: string, body: object): Promise<Fields | null> {
  const groupID = String(Reflect.get(body, "groupID"));
  if (name === "quitGroup") return client.rooms.leave(groupID) ? { groupID } : null;
  const asked = client.http.data<{ group: Group }>("/group/getGroupProfile", { groupID });
  // Of a group that the user does not see joining says why.
  const group = await asked.then((data) => data.group).catch(() => null);
  if (group?.type !== TYPES.GRP_AVCHATROOM) return null;
  client.rooms.look(group);
  const isMember = group.selfInfo !== undefined;
  return { status: isMember ? TYPES.JOIN_STATUS_ALREADY_IN_GROUP : TYPES.JOIN_STATUS_SUCCESS, group };
}

/** The methods that are calls of the server. One that the server does not have rejects as unsupported. */
export function callMethods(client: Client): Calls {
  const entries = Object.entries(CALLS).flatMap(([area, methods]) =>
    Object.entries(methods).map(([name, names]: [string, Names]): [string, Call] => [
      name,
      (...parameters) => call(client, area, name, bodyOf(names, parameters)),
    ]),
  );
  return trustedMethods(entries);
}

/** `Object.fromEntries` forgets the names, which are those of the table. */
function trustedMethods(entries: [string, Call][]): Calls {
  const methods = Object.create(null);
  return Object.assign(methods, Object.fromEntries(entries));
}

async function call(client: Client, area: string, name: string, body: object): Promise<Answer<Fields>> {
  requireReady(client);
  const path = `/${area}/${name}`;
  if (ROOMS.test(name)) {
    const answer = await ofRoom(client, name, body);
    if (answer) return { code: 0, data: answer };
  }
  const { data } = await client.http
    .call(path, withoutEmptyID(outgoing(client, body)))
    .catch((error: unknown) => {
      // Of a message that was modified meanwhile the server says what it is now.
      if (error instanceof ChatError && name === "modifyMessage")
        throw new ChatError(error.code, error.message, modified(client, error.data));
      throw error;
    });
  const taken = name === "modifyMessage" ? modified(client, data) : incoming(client, data);
  if (name === "getMessageReactions") knowReactions(client, data);
  client.know(path, body, data);
  follow(client, name, body, taken);
  return { code: 0, data: taken };
}

/** The answer of a modification. The app is told of the message here, or by the socket: what comes first. */
function modified(client: Client, data: unknown): Fields {
  const { messages, conversations, events } = client;
  const wire = isObject(data) && isObject(data.message) ? data.message : {};
  const before = messages.find(messages.localID(String(wire.ID)))?.version;
  const taken = incoming(client, data);
  const message = messages.find(messages.localID(String(wire.ID)));
  if (message && message.version !== before) {
    conversations.changed(message);
    events.emit(EVENT.MESSAGE_MODIFIED, [message]);
  }
  return taken;
}

/** UI kits make groups with an empty id where the user has chosen none. */
function withoutEmptyID(body: object): object {
  const { groupID, ...rest }: { groupID?: unknown } = body;
  return groupID === "" ? rest : body;
}

function bodyOf(names: Names, parameters: unknown[]): object {
  const [first] = parameters;
  if (names.length === 0) return isObject(first) ? first : {};
  // Some methods take one value, and in later versions an object that has it.
  const [name = ""] = names;
  if (names.length === 1 && isObject(first) && name in first) return first;
  return Object.fromEntries(names.map((each, at) => [each, parameters[at]]));
}

/** Parameters as the server knows them: messages by its own IDs. */
function outgoing(client: Client, value: unknown): object {
  const { messages } = client;
  const convert = (inner: unknown): unknown => {
    // Of the messages of a list the server wants no content.
    if (Array.isArray(inner)) return inner.map((item) => convert(withoutPayload(item)));
    if (!isObject(inner)) return inner;
    const fields = Object.entries(inner).map(([key, field]): [string, unknown] => [
      key,
      (key === "ID" || key === "messageID") && typeof field === "string"
        ? messages.serverID(field)
        : convert(field),
    ]);
    return Object.fromEntries(fields);
  };
  const converted = convert(value);
  return isObject(converted) ? converted : {};
}

function withoutPayload(item: unknown): unknown {
  if (!isObject(item) || !isWireMessage(item)) return item;
  const { payload: _, ...rest } = item;
  return rest;
}

function isWireMessage(value: Record<string, unknown>): boolean {
  return (
    typeof value.ID === "string" &&
    typeof value.sequence === "number" &&
    "conversationID" in value &&
    "flow" in value
  );
}

/** Data of the server with the app's own messages, their IDs, and profiles as the SDK has them. */
function incoming(client: Client, value: unknown): Fields {
  const { messages } = client;
  const convert = (inner: Record<string, unknown>): unknown => {
    const { messageID } = inner;
    if (isWireMessage(inner)) {
      const wire: WireMessage = trusted(JSON.stringify(inner));
      client.note(wire);
      return messages.take(wire).message;
    }
    const local = typeof messageID === "string" ? messages.localID(messageID) : messageID;
    return local === messageID ? profileIn(inner) : mapped({ ...inner, messageID: local }, convert);
  };
  const converted = mapped(value, convert);
  if (isObject(converted)) return converted;
  // Some lists of the SDK are the data itself.
  return trusted(JSON.stringify(converted ?? {}));
}

/** Notes what an answer has of reactions: the app knows it. */
function knowReactions(client: Client, data: unknown): void {
  const { resultList }: { resultList: { messageID: string; reactionList: Reaction[] }[] } = trusted(
    JSON.stringify(data),
  );
  for (const { messageID, reactionList } of resultList) {
    const message = client.messages.find(client.messages.localID(messageID));
    if (message) client.reactions.know(message, reactionList);
  }
}

/** The list of conversations goes on from what a call has done. */
function follow(client: Client, name: string, body: object, data: Fields): void {
  const groupID = isObject(data.group) ? data.group.groupID : Reflect.get(body, "groupID");
  const ID = `GROUP${String(groupID)}`;
  if (LEAVING.test(name)) {
    client.conversations.remove(ID);
    client.announceGroups();
  } else if (CHANGING.test(name) && groupID !== undefined) client.lookUp(ID);
  const conversationID = Reflect.get(body, "conversationID");
  if (typeof conversationID === "string") client.lookUp(conversationID);
}
