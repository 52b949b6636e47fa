import { z } from "@hono/zod-openapi";
import { handOver, joinGroup } from "../../../core/groups/groups.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { ConversationParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Conversation, serializeConversation } from "./conversation.ts";

const JoinRequestInput = z
  .object({ message: textUpTo(LIMITS.joinRequest).optional() })
  .openapi("JoinRequestInput");
const JoinResult = z.object({ state: z.enum(["joined", "requested"]) }).openapi("JoinResult");

const Successor = z.object({ user_id: UserId }).openapi("Successor");

const lightRoute = callerRoutes("Members");

const joinRoute = lightRoute("post", "/v1/conversations/{id}/join", {
  operationId: "joinGroup",
  summary: "Join a group, or request to join it",
  description:
    "A closed group is `not_found`. A banned user is `forbidden`. Within a day after a rejected request another one is `rate_limited`.",
  request: { params: ConversationParams, body: optionalBody(JoinRequestInput) },
  responses: {
    200: jsonAnswer("The caller has joined, or has a join request", JoinResult),
    ...problems("forbidden", "refused", "not_found", "conflict", "quota", "full"),
  },
});

const leaveRoute = lightRoute("post", "/v1/conversations/{id}/leave", {
  operationId: "leaveGroup",
  summary: "Leave a group",
  description:
    "The owner has to hand the group over or dissolve it first; until then leaving is a `conflict`.",
  request: { params: ConversationParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

const ownerRoute = lightRoute("post", "/v1/conversations/{id}/owner", {
  operationId: "handOver",
  summary: "Hand the group over to another member",
  description: "You become a plain member.",
  request: { params: ConversationParams, body: jsonBody(Successor) },
  responses: {
    200: jsonAnswer("The conversation", Conversation),
    ...problems("forbidden", "not_found"),
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
