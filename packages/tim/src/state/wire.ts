import { TYPES } from "../constants.ts";
import type { Conversation, Group, Message, User } from "../types.ts";

/** Fields of a message of which the server says nothing. */
type Unsaid =
  | ("needReadReceipt" | "readReceiptInfo" | "revokerInfo" | "revokeReason")
  | ("isBroadcastMessage" | "isSupportExtension" | "hasRiskContent");

/** They are new for each message, as apps may change them. */
export const unsaid = (): Pick<Message, Unsaid> => ({
  needReadReceipt: false,
  readReceiptInfo: { readCount: undefined, unreadCount: undefined },
  ...{ revokerInfo: { userID: "", nick: "", avatar: "" }, revokeReason: "" },
  ...{ isBroadcastMessage: false, isSupportExtension: false, hasRiskContent: false },
});

type Said = "ID" | "type" | "payload" | "conversationID" | "conversationType" | "to" | "from";

/** A message that is told to the app alone: nobody stores it. */
export function unstored(fields: Pick<Message, Said> & Partial<Message>): Message {
  const time = Math.floor(Date.now() / 1_000);
  return {
    ...unsaid(),
    ...{ flow: "in", time, clientTime: time, sequence: 0, status: "success", nick: "", avatar: "" },
    ...{ priority: TYPES.MSG_PRIORITY_NORMAL, nameCard: "", isRevoked: false, revoker: "" },
    ...{ isDeleted: false, isModified: false, version: 0, isPeerRead: false },
    ...{ atUserList: [], cloudCustomData: "" },
    ...fields,
  };
}

/** A message as the server writes it. `clientID`: the ID that its sender's client gave it. */
export interface WireMessage extends Omit<Message, Unsaid> {
  clientID?: string;
  /** of one that was revoked */
  revokerInfo?: User;
}

/** A conversation as the server lists it, with its whole last message. */
export interface WireConversation
  extends Omit<
    Conversation,
    "userProfile" | "draftText" | "customData" | "markList" | "conversationGroupList" | "operationType"
  > {
  userProfile?: User;
  groupProfile?: Group;
  message?: WireMessage | null;
}

const SENT_ID = /^(\d+)-(\d+)$/;

/** The number of the conversation in the server's ID of a message; undefined: it is a notice. */
export function numberIn(serverID: string): number | undefined {
  const [, number] = SENT_ID.exec(serverID) ?? [];
  return number === undefined ? undefined : Number(number);
}
