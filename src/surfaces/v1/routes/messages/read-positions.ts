import { createRoute, z } from "@hono/zod-openapi";
import { invalid } from "../../../../domain/errors.ts";
import { type Position, Seq } from "../../../../domain/ids.ts";
import { countCost, weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems } from "../../schemas/common.ts";
import { ReadPosition, ReadState, Receipts } from "../../schemas/messages/messages.ts";
import { serializeReadState, serializeReceipt } from "../../serialize/messages.ts";

const params = z.object({ id: ConversationIdParam });

const readRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/read",
  operationId: "markRead",
  tags: ["Messages"],
  summary: "Move your read position, or mark unread",
  description:
    "The read position only moves forward: a lower `seq` changes nothing. A `seq` beyond the last message is `not_found`. With `unread: true` the message is the first unread one: `unread_count` counts it and the later ones of others, without revoked ones; `validation_failed` if there are none. Others learn nothing of it. It ends with the next read of this message or a later one, and with the next message that you send.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: ReadPosition } } } },
  responses: {
    200: {
      description: "The read position and the unread count",
      content: { "application/json": { schema: ReadState } },
    },
    ...problems("validation_failed", "unauthenticated", "not_found", "too_large"),
  },
});

const receiptsRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/receipts",
  operationId: "listReceipts",
  tags: ["Messages"],
  summary: "Read positions of all members",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params },
  responses: {
    200: { description: "Every member", content: { "application/json": { schema: Receipts } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
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
