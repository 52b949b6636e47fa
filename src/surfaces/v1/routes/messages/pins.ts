import { createRoute, z } from "@hono/zod-openapi";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems, SeqParam } from "../../schemas/common.ts";
import { Pins } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages.ts";

const oneParams = z.object({ id: ConversationIdParam, seq: SeqParam });
const refusals = [
  ...(["validation_failed", "unauthenticated", "forbidden", "muted", "blocked", "not_found"] as const),
] as const;

const pinRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/messages/{seq}/pin",
  operationId: "pinMessage",
  tags: ["Messages"],
  summary: "Pin a message",
  description:
    "For all members, who are told by a `tip`. In a group its owner and admins can, in a direct conversation both. A repeat is no error. At most 100 messages are pinned.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams },
  responses: { 204: { description: "Done" }, ...problems(...refusals, "conflict") },
});

const unpinRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/messages/{seq}/pin",
  operationId: "unpinMessage",
  tags: ["Messages"],
  summary: "Unpin a message",
  description: "Whoever may pin messages may unpin all of them. A repeat is no error.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams },
  responses: { 204: { description: "Done" }, ...problems(...refusals) },
});

const pinsRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/pins",
  operationId: "listPins",
  tags: ["Messages"],
  summary: "The pinned messages",
  description: "All that you can see, the one that was pinned last first.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params: z.object({ id: ConversationIdParam }) },
  responses: {
    200: { description: "The messages", content: { "application/json": { schema: Pins } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
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
    const items = await c.var.core.conversations.pins(c.req.valid("param").id, { userId });
    return c.json({ items: items.map(serializeMessage) }, 200);
  });
