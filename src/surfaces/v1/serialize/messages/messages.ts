import type { z } from "@hono/zod-openapi";
import type { ReadReceipt, ReadState } from "../../../../domain/conversations/conversation.ts";
import type { ReadState as ReadStateShape, Receipts } from "../../schemas/messages/messages.ts";

/** What is unread to a member as v1 shows it to them. */
export function serializeReadState({
  readSeq,
  unreadCount,
  unreadFrom,
}: Pick<ReadState, "readSeq" | "unreadCount" | "unreadFrom">): z.infer<typeof ReadStateShape> {
  return {
    read_seq: readSeq,
    unread_count: unreadCount,
    ...(unreadFrom !== null && { unread_from: unreadFrom }),
  };
}

/** A member's read position as v1 shows it. */
export function serializeReceipt(receipt: ReadReceipt): z.infer<typeof Receipts>["items"][number] {
  return { user_id: receipt.userId, read_seq: receipt.readSeq, read_at: receipt.readAt };
}
