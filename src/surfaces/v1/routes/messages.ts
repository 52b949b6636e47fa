import { createRoute, z } from "@hono/zod-openapi";
import {
  getMessage,
  hideMessage,
  pageOfMessages,
  revokeMessage,
  sendMessage,
} from "../../../core/messages.ts";
import { authenticated } from "../auth.ts";
import { v1Body } from "../body.ts";
import { v1Router } from "../router.ts";
import { ConversationIdParam, problems, SeqParam } from "../schemas/common.ts";
import { DeleteQuery, Message, MessagePage, NewMessage, PageQuery } from "../schemas/messages.ts";
import { serializeMessage, toDraft } from "../serialize/messages.ts";

const params = z.object({ id: ConversationIdParam });
const oneParams = z.object({ id: ConversationIdParam, seq: SeqParam });
const one = { content: { "application/json": { schema: Message } } };

/** Sends a message: 201, or 200 with the first one for a `client_msg_id` that was used already. */
const sendRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/messages",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: NewMessage } } } },
  responses: {
    200: { description: "The message that was sent with this client_msg_id", ...one },
    201: { description: "The new message", ...one },
    ...problems("validation_failed", "unauthenticated", "not_found", "too_large", "rate_limited"),
  },
});

/** A page of messages in rising `seq`; without bounds the newest. `before` and `after` exclude each other. */
const pageRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/messages",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params, query: PageQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: MessagePage } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

/** One message. Hidden or unknown: `not_found`. */
const getRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/messages/{seq}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams },
  responses: {
    200: { description: "The message", ...one },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

/**
 * Hides a message from the caller (`for=me`), or revokes it for everyone (`for=everyone`: its sender,
 * or the group's owner and admins). Twice is no error.
 */
const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/messages/{seq}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams, query: DeleteQuery },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

export const messages = v1Router()
  .openapi(sendRoute, async (c) => {
    const { id } = c.req.valid("param");
    const draft = toDraft(c.req.valid("json"));
    const { message, replay } = await sendMessage(c.var.core, c.var.caller.userId, id, draft);
    return c.json(serializeMessage(message), replay ? 200 : 201);
  })
  .openapi(pageRoute, async (c) => {
    const { id } = c.req.valid("param");
    const query = c.req.valid("query");
    const { items, hasMore } = await pageOfMessages(c.var.core, c.var.caller.userId, id, query);
    return c.json({ items: items.map(serializeMessage), has_more: hasMore }, 200);
  })
  .openapi(getRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    return c.json(serializeMessage(await getMessage(c.var.core, c.var.caller.userId, id, seq)), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const remove = c.req.valid("query").for === "me" ? hideMessage : revokeMessage;
    await remove(c.var.core, c.var.caller.userId, id, seq);
    return c.body(null, 204);
  });
