import type { Conversation, Group, Message } from "../types.ts";

/** A message as the server writes it. `clientID`: the ID that its sender's client gave it. */
export interface WireMessage extends Omit<Message, "needReadReceipt" | "readReceiptInfo"> {
  clientID?: string;
}

/** A conversation as the server lists it, with its whole last message. */
export interface WireConversation
  extends Omit<
    Conversation,
    "draftText" | "customData" | "markList" | "conversationGroupList" | "operationType"
  > {
  groupProfile?: Group;
  message?: WireMessage | null;
}

const SENT_ID = /^(\d+)-(\d+)$/;

/** The number of the conversation in the server's ID of a message; undefined: it is a notice. */
export function numberIn(serverID: string): number | undefined {
  const [, number] = SENT_ID.exec(serverID) ?? [];
  return number === undefined ? undefined : Number(number);
}
