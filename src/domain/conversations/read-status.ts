import type { UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";
import type { ReadReceipt } from "./conversation.ts";

/** Whether a message was read by whom it is for, and when he last moved his read position (ms; 0: it is unread). */
export interface ReadStatus {
  read: boolean;
  at: number;
}

/** What has not been read. */
export const UNREAD: ReadStatus = { read: false, at: 0 };

/**
 * Tells of a conversation's messages whether they were read: in a direct one by the one who did not write them, in a
 * group by the caller.
 * @param receipts of all members
 */
export function readStatuses(
  receipts: ReadReceipt[],
  caller: UserId,
  { isDirect }: { isDirect: boolean },
): (message: Pick<Message, "seq" | "sender">) => ReadStatus {
  const mine = receipts.find(({ userId }) => userId === caller);
  const others = receipts.find(({ userId }) => userId !== caller);
  return ({ seq, sender }) => readStatus(isDirect && sender.id === caller ? others : mine, seq);
}

/** Whether a position is behind a message, or at it. */
export function readStatus(
  position: Pick<ReadReceipt, "readSeq" | "readAt"> | undefined,
  seq: number,
): ReadStatus {
  return position && position.readSeq >= seq ? { read: true, at: position.readAt } : UNREAD;
}
