import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../domain/limits.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ConversationParams, MessageParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";
import { Message, serializeMessage } from "./message.ts";

export const Pins = z.object({ items: z.array(Message).max(LIMITS.pins) }).openapi("Pins");

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const refusals = [
  ...(["validation_failed", "unauthenticated", "forbidden", "muted", "blocked"] as const),
  ...(["refused", "not_found"] as const),
] as const;

const pinRoute = lightRoute("put", "/v1/conversations/{id}/messages/{seq}/pin", {
  operationId: "pinMessage",
  summary: "Pin a message",
  description:
    "For all members, who are told by a `tip`. In a group its owner and admins can, in a direct conversation both. A repeat is no error. At most 100 messages are pinned.",
  request: { params: MessageParams },
  responses: { 204: { description: "Done" }, ...problems(...refusals, "conflict", "full") },
});

const unpinRoute = lightRoute("delete", "/v1/conversations/{id}/messages/{seq}/pin", {
  operationId: "unpinMessage",
  summary: "Unpin a message",
  description: "Whoever may pin messages may unpin all of them. A repeat is no error.",
  request: { params: MessageParams },
  responses: { 204: { description: "Done" }, ...problems(...refusals) },
});

const pinsRoute = pageRoute("get", "/v1/conversations/{id}/pins", {
  operationId: "listPins",
  summary: "The pinned messages",
  description: "All that you can see, the one that was pinned last first.",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("The messages", Pins),
    ...problems("validation_failed", "not_found"),
  },
});

export const pins = v1Router()
  .openapi(pinRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    await c.var.core.conversations.pin(id, { userId: c.var.caller.userId, seq });
    return c.body(null, 204);
  })
  .openapi(unpinRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    await c.var.core.conversations.unpin(id, { userId: c.var.caller.userId, seq });
    return c.body(null, 204);
  })
  .openapi(pinsRoute, async (c) => {
    const { userId } = c.var.caller;
    const items = await c.var.core.conversations.pins(c.req.valid("param").id, { userId, looks: true });
    return c.json({ items: items.map(serializeMessage) }, 200);
  });
