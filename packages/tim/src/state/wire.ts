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
