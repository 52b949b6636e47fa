import type { Seq, UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";
import type { ReadReceipt } from "./conversation.ts";

/** Whether the receiver of a message has read it, and the time of their last read (ms; 0: unread). */
export interface ReadStatus {
  read: boolean;
  at: number;
}

/** The status of an unread message. */
export const UNREAD: ReadStatus = { read: false, at: 0 };

/**
 * Makes a function that gives the read status of a message. The reader is the receiver in a direct
 * conversation, and the caller in a group.
 * @param receipts of all members
 */
export function readStatuses(
  receipts: ReadReceipt[],
  caller: UserId,
  { isDirect }: { isDirect: boolean },
): (message: Pick<Message, "seq" | "sender">) => ReadStatus {
  const own = receipts.find(({ userId }) => userId === caller);
  const peer = receipts.find(({ userId }) => userId !== caller);
  return ({ seq, sender }) => readStatus(isDirect && sender.id === caller ? peer : own, seq);
}

/**
 * The read status of a message for a read position: read iff the position is at or after `seq`, unless the
 * reader has marked the message, or one before it, unread.
 */
export function readStatus(
  position: (Omit<ReadReceipt, "userId" | "unreadFrom"> & { unreadFrom?: Seq | null }) | undefined,
  seq: number,
): ReadStatus {
  if (!position || position.readSeq < seq || seq >= (position.unreadFrom ?? Number.POSITIVE_INFINITY))
    return UNREAD;
  return { read: true, at: position.readAt };
}
