import { z } from "@hono/zod-openapi";
import { Position, Seq, UserId } from "../../../../domain/ids.ts";
import { Time } from "../../common.ts";

/** The message that the user has marked unread. */
export const UnreadFrom = Seq.meta({
  description: "The message that you have marked unread: yours count as unread from it on. Absent: none",
});

export const ReadPosition = z
  .object({
    seq: Position,
    unread: z
      .boolean()
      .optional()
      .openapi({ description: "True: marks this message and the later ones unread, instead of reading" }),
  })
  .openapi("ReadPosition");
export const ReadState = z
  .object({ read_seq: Position, unread_count: z.int(), unread_from: UnreadFrom.optional() })
  .openapi("ReadState");

export const Receipts = z
  .object({ items: z.array(z.object({ user_id: UserId, read_seq: Position, read_at: Time })) })
  .openapi("Receipts");
