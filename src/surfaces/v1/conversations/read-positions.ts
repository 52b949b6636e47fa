import { z } from "@hono/zod-openapi";
import type {
  ReadState as DomainReadState,
  ReadReceipt,
} from "../../../domain/conversations/conversation.ts";
import { invalid } from "../../../domain/errors.ts";
import { Position, Seq, UserId } from "../../../domain/ids.ts";
import { countCost, weighs } from "../../../http/access/rate-limit.ts";
import { ConversationParams, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

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
const ReadState = z
  .object({ read_seq: Position, unread_count: z.int(), unread_from: UnreadFrom.optional() })
  .openapi("ReadState");

export const Receipts = z
  .object({
    items: z.array(
      z.object({
        user_id: UserId,
        read_seq: Position,
        read_at: Time,
        bot: z
          .literal(true)
          .optional()
          .openapi({ description: "It is a bot: do not count it among those who have read" }),
      }),
    ),
  })
  .openapi("Receipts");

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const readRoute = lightRoute("put", "/v1/conversations/{id}/read", {
  operationId: "markRead",
  summary: "Move your read position, or mark unread",
  description:
    "The read position only moves forward: a lower `seq` changes nothing. A `seq` beyond the last message is `not_found`. With `unread: true` the message is the first unread one: `unread_count` counts it and the later ones of others, without revoked ones; `validation_failed` if there are none. Others learn nothing of it. It ends with the next read of this message or a later one, and with the next message that you send.",
  request: { params: ConversationParams, body: jsonBody(ReadPosition) },
  responses: {
    200: jsonAnswer("The read position and the unread count", ReadState),
    ...problems("not_found"),
  },
});

const receiptsRoute = pageRoute("get", "/v1/conversations/{id}/receipts", {
  operationId: "listReceipts",
  summary: "Read positions of all members",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("Every member; in a crowd you alone", Receipts),
    ...problems("validation_failed", "not_found"),
  },
});

/** @throws `validation_failed` for 0, which is no message */
function markedSeq(seq: Position): Seq {
  const { data } = Seq.safeParse(seq);
  if (data === undefined) throw invalid("seq", "must be a message, from 1 on, if it is marked unread");
  return data;
}

export const readPositions = v1Router()
  .openapi(readRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { seq, unread } = c.req.valid("json");
    const { userId } = c.var.caller;
    // A mark may have to count many messages.
    if (unread) await countCost(c, userId, "page");
    const state = unread
      ? await c.var.core.conversations.markUnread(id, { userId, seq: markedSeq(seq) })
      : await c.var.core.conversations.read(id, { userId, seq });
    return c.json(serializeReadState(state), 200);
  })
  .openapi(receiptsRoute, async (c) => {
    const { id } = c.req.valid("param");
    const receipts = await c.var.core.conversations.receipts(id, { userId: c.var.caller.userId });
    return c.json({ items: receipts.map(serializeReceipt) }, 200);
  });

/** What is unread to a member as v1 shows it to them. */
function serializeReadState({
  readSeq,
  unreadCount,
  unreadFrom,
}: Pick<DomainReadState, "readSeq" | "unreadCount" | "unreadFrom">): z.infer<typeof ReadState> {
  return {
    read_seq: readSeq,
    unread_count: unreadCount,
    ...(unreadFrom !== null && { unread_from: unreadFrom }),
  };
}

/** A member's read position as v1 shows it. */
function serializeReceipt(receipt: ReadReceipt): z.infer<typeof Receipts>["items"][number] {
  const { userId, readSeq, readAt, bot } = receipt;
  return { user_id: userId, read_seq: readSeq, read_at: readAt, ...(bot && { bot }) };
}
