import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import { Position } from "../../../domain/ids.ts";
import { type Message, type Priority, usersMentioned } from "../../../domain/messages/message.ts";
import type { OnlineMessage } from "../../../domain/sync/online-message.ts";
import { AT_ALL, ELEMENTS, type SerializeContext, seconds, type WireConversation } from "../context.ts";
import { directID, groupConversationID, wireGroupID, wireMessageID } from "../ids.ts";
import { changesOf } from "../use-cases/messages/changes.ts";
import { payloadOf } from "./payload.ts";
import { clientIDOf, customDataOf, quoteInfoOf } from "./quotes.ts";

const NOTHING_READ = Position.parse(0);

const PRIORITIES: Record<Priority, string> = { high: "High", normal: "Normal", low: "Low", lowest: "Lowest" };

/** A sent message: the fields of appendix 1 of the document, and the other fields of the SDK. */
export function serializeMessage(message: Message, context: SerializeContext) {
  const { conversationId, seq, kind, createdAt, clientTime, revoked, revokedBy } = message;
  const { wireConversation, profiles, caller } = context;
  const isOwn = kind !== "tip" && message.sender.id === caller.id;
  return {
    ID: wireMessageID(conversationId, seq),
    ...clientIDOf(message),
    type: ELEMENTS[kind],
    payload: revoked ? {} : payloadOf(message, context),
    ...placeOf(context, isOwn),
    ...{ time: seconds(createdAt), clientTime: seconds(clientTime ?? createdAt), sequence: seq },
    status: "success",
    isRevoked: revoked,
    ...revokerOf(revokedBy && profiles(revokedBy)),
    ...{ isDeleted: false, isModified: changesOf(message) > 0 && !revoked },
    version: changesOf(message),
    isPeerRead: wireConversation.kind === "direct" && isOwn && seq <= wireConversation.peerReadSeq,
    ...senderOf(message, message.nameCard),
    ...extrasOf({ ...message, customData: customDataOf(message) }, profiles),
    ...quoteInfoOf(message),
  };
}

function revokerOf(revoker: Person | undefined) {
  if (!revoker) return { revoker: "" };
  const { username: userID, nickname: nick, avatar } = revoker;
  return { revoker: userID, revokerInfo: { userID, nick, avatar } };
}

/** The fields of a message that is created and not sent. */
export type Unsent = Pick<
  Message,
  "kind" | "body" | "mentions" | "alsoMentioned" | "priority" | "customData" | "createdAt"
>;

/**
 * A message that is created and not sent.
 * @param ID the id by which the caller sends it
 */
export function serializeUnsent(ID: string, unsent: Unsent, sender: Person, context: SerializeContext) {
  const { kind, createdAt } = unsent;
  return {
    ID,
    type: ELEMENTS[kind],
    payload: payloadOf({ ...unsent, ID }, context),
    ...placeOf(context, true),
    ...{ time: seconds(createdAt), clientTime: seconds(createdAt), sequence: 0 },
    status: "unSend",
    ...{ isRevoked: false, revoker: "", isDeleted: false, isModified: false, isPeerRead: false },
    version: 0,
    ...senderOf({ sender }, undefined),
    ...extrasOf(unsent, context.profiles),
  };
}

/**
 * A message that nothing stores, as one user sees it.
 * @param peer the username of the other user of a direct conversation, if the user has sent it
 */
export function serializeOnline(
  message: OnlineMessage,
  caller: Pick<Person, "id" | "username">,
  isOwn: boolean,
  peer = message.sender.username,
) {
  const { conversationId, conversationKind, sender, clientMsgId, nameCard } = message;
  const wireConversation: WireConversation =
    conversationKind === "group"
      ? { kind: "group", groupID: wireGroupID(conversationId, message), name: "" }
      : { kind: "direct", peer: { username: peer }, peerReadSeq: NOTHING_READ };
  const context = { wireConversation, caller, profiles: () => sender };
  const unsent = { ...message, mentions: [], priority: undefined };
  return {
    ...serializeUnsent(clientMsgId, unsent, sender, context),
    ...{ ...placeOf(context, isOwn), status: "success", nameCard: nameCard ?? "" },
  };
}

/** The conversation, recipient and direction of a message, from the caller's view. */
export function placeOf(
  { wireConversation, caller }: Pick<SerializeContext, "wireConversation" | "caller">,
  isOwn: boolean,
) {
  const flow = isOwn ? "out" : "in";
  if (wireConversation.kind === "group") {
    const { groupID } = wireConversation;
    return { conversationID: groupConversationID(groupID), conversationType: "GROUP", to: groupID, flow };
  }
  const { username } = wireConversation.peer;
  const to = isOwn ? username : caller.username;
  return { conversationID: directID(username), conversationType: "C2C", to, flow };
}

function senderOf({ sender }: { sender: Person }, nameCard: string | undefined) {
  const { username, nickname, avatar } = sender;
  return { from: username, nick: nickname, avatar, nameCard: nameCard ?? "" };
}

function extrasOf(
  {
    mentions,
    alsoMentioned,
    priority,
    customData,
  }: Pick<Unsent, "mentions" | "alsoMentioned" | "priority" | "customData">,
  profiles: ProfileLookup,
) {
  const named = usersMentioned({ mentions, alsoMentioned }).map((id) => profiles(id).username);
  return {
    priority: PRIORITIES[priority ?? "normal"],
    atUserList: mentions === "all" ? [AT_ALL, ...named] : named,
    cloudCustomData: customData ?? "",
  };
}
