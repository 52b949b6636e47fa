import { z } from "zod";
import type { UserId } from "../ids.ts";
import type { Message, OwnPart } from "../messages/message.ts";

/** An encoded message or ack, ready to be put into a frame alone or beside others. */
export const EncodedPart = z.string().brand<"EncodedPart">();
export type EncodedPart = z.infer<typeof EncodedPart>;

/**
 * A message as a conversation hands it to the inboxes of its members. Each wire format of device sockets has
 * encoded it, once for all members who see the same. An inbox puts the text into frames without parsing it.
 */
export interface EncodedMessage extends Pick<Message, "seq" | "revoked" | "createdAt"> {
  senderId: UserId;
  /** a thread-only reply, for sockets that show threads; absent: in the main stream */
  isThreadOnly?: true;
  /** the number of its last change */
  rev: number;
  /** by the name of the wire format; absent where the format shows no such message */
  texts: Readonly<Record<string, EncodedPart>>;
  /** the reader's own part, which the texts do not have; absent: they have none */
  own?: OwnPart;
}
