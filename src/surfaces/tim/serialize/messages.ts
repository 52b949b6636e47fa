import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Message, Priority } from "../../../domain/messages/message.ts";
import { directID, groupConversationID, wireMessageID } from "../ids.ts";
import { payloadOf } from "./payload.ts";
import { AT_ALL, ELEMENTS, type Setting, seconds } from "./setting.ts";

const PRIORITIES: Record<Priority, string> = { high: "High", normal: "Normal", low: "Low", lowest: "Lowest" };

/** A message that was sent: appendix 1 of the document, and what else the SDK's has. */
export function serializeMessage(message: Message, setting: Setting) {
  const { conversationId, seq, kind, createdAt, clientTime, revoked, revokedBy } = message;
  const { stage, profiles, caller } = setting;
  const isOwn = kind !== "tip" && message.sender.id === caller.id;
  return {
    ID: wireMessageID(conversationId, seq),
    type: ELEMENTS[kind],
    payload: revoked ? {} : payloadOf(message, setting),
    ...placeOf(setting, isOwn),
    ...{ time: seconds(createdAt), clientTime: seconds(clientTime ?? createdAt), sequence: seq },
    status: "success",
    isRevoked: revoked,
    ...{ revoker: revokedBy === undefined ? "" : profiles(revokedBy).username },
    ...{ isDeleted: false, isModified: false },
    isPeerRead: stage.kind === "direct" && isOwn && seq <= stage.peerReadSeq,
    ...senderOf(message, message.nameCard),
    ...besides(message, profiles),
  };
}

/** What a message that is made and not sent says, before it has a place. */
export type Unsent = Pick<Message, "kind" | "body" | "mentions" | "priority" | "customData" | "createdAt">;

/** The same of one that is not sent. @param ID as the caller is told to send it by */
export function serializeUnsent(ID: string, unsent: Unsent, sender: Person, setting: Setting) {
  const { kind, createdAt } = unsent;
  return {
    ID,
    type: ELEMENTS[kind],
    payload: payloadOf({ ...unsent, ID }, setting),
    ...placeOf(setting, true),
    ...{ time: seconds(createdAt), clientTime: seconds(createdAt), sequence: 0 },
    status: "unSend",
    ...{ isRevoked: false, revoker: "", isDeleted: false, isModified: false, isPeerRead: false },
    ...senderOf({ sender }, undefined),
    ...besides(unsent, setting.profiles),
  };
}

/** In which conversation it is, from whose view, and for whom. */
function placeOf({ stage, caller }: Setting, isOwn: boolean) {
  const flow = isOwn ? "out" : "in";
  if (stage.kind === "group") {
    const { groupID } = stage;
    return { conversationID: groupConversationID(groupID), conversationType: "GROUP", to: groupID, flow };
  }
  const { username } = stage.peer;
  const to = isOwn ? username : caller.username;
  return { conversationID: directID(username), conversationType: "C2C", to, flow };
}

function senderOf({ sender }: { sender: Person }, nameCard: string | undefined) {
  const { username, nickname, avatar } = sender;
  return { from: username, nick: nickname, avatar, nameCard: nameCard ?? "" };
}

function besides(
  { mentions, priority, customData }: Pick<Unsent, "mentions" | "priority" | "customData">,
  profiles: ProfileLookup,
) {
  return {
    priority: PRIORITIES[priority ?? "normal"],
    atUserList: mentions === "all" ? [AT_ALL] : mentions.map((id) => profiles(id).username),
    cloudCustomData: customData ?? "",
  };
}
