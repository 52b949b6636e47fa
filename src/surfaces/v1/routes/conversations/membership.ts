import { createRoute, z } from "@hono/zod-openapi";
import { handOver, joinGroup } from "../../../../core/groups/groups.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems } from "../../schemas/common.ts";
import { Conversation } from "../../schemas/conversations.ts";
import { JoinRequestInput, JoinResult, Successor } from "../../schemas/groups.ts";
import { serializeConversation } from "../../serialize/conversations.ts";

const params = z.object({ id: ConversationIdParam });

const joinRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/join",
  operationId: "joinGroup",
  tags: ["Members"],
  summary: "Join a group, or request to join it",
  description:
    "A closed group is `not_found`. A banned user is `forbidden`. Within a day after a rejected request another one is `rate_limited`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { content: { "application/json": { schema: JoinRequestInput } } } },
  responses: {
    200: {
      description: "The caller has joined, or has a join request",
      content: { "application/json": { schema: JoinResult } },
    },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"),
  },
});

const leaveRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/leave",
  operationId: "leaveGroup",
  tags: ["Members"],
  summary: "Leave a group",
  description:
    "The owner has to hand the group over or dissolve it first; until then leaving is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict"),
  },
});

const ownerRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/owner",
  operationId: "handOver",
  tags: ["Members"],
  summary: "Hand the group over to another member",
  description: "You become a plain member.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: Successor } } } },
  responses: {
    200: { description: "The conversation", content: { "application/json": { schema: Conversation } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "too_large"),
  },
});

export const membership = v1Router()
  .openapi(joinRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { message = "" } = c.req.valid("json");
    const state = await joinGroup(c.var.core, c.var.caller.userId, id, message);
    return c.json({ state: state === "requested" ? state : "joined" } as const, 200);
  })
  .openapi(leaveRoute, async (c) => {
    await c.var.core.conversations.leave(c.req.valid("param").id, { userId: c.var.caller.userId });
    return c.body(null, 204);
  })
  .openapi(ownerRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { user_id: newOwnerId } = c.req.valid("json");
    return c.json(
      serializeConversation(await handOver(c.var.core, c.var.caller.userId, id, newOwnerId)),
      200,
    );
  });
