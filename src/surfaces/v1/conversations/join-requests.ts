import { z } from "@hono/zod-openapi";
import {
  decideJoinRequest,
  listJoinRequests,
  listOwnJoinRequests,
  withdrawJoinRequest,
} from "../../../core/groups/groups.ts";
import type {
  JoinRequest as DomainJoinRequest,
  OwnJoinRequest,
} from "../../../domain/conversations/join-request.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ConversationIdParam,
  ConversationParams,
  JoinRequestIdParam,
  ListQuery,
  pageShape,
  serializePage,
  Time,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const JoinRequest = z
  .object({ id: z.int(), user: User, message: z.string(), created_at: Time })
  .openapi("JoinRequest");

const JoinRequestPage = pageShape(JoinRequest).openapi("JoinRequestPage");

const OwnJoinRequests = pageShape(
  z.object({ conversation_id: ConversationId, created_at: Time }).openapi("OwnJoinRequest"),
).openapi("OwnJoinRequests");

const Decision = z.object({ action: z.enum(["accept", "reject"]) }).openapi("Decision");

const lightRoute = callerRoutes("Members");
const pageRoute = callerRoutes("Members", weighs("page"));

const listRoute = pageRoute("get", "/v1/conversations/{id}/applications", {
  operationId: "listApplications",
  summary: "Join requests of a group",
  description: "Oldest first. For the owner and admins.",
  request: { params: ConversationParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", JoinRequestPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const decisionRoute = lightRoute("post", "/v1/conversations/{id}/applications/{application_id}", {
  operationId: "decideApplication",
  summary: "Accept or reject a join request",
  description: "A join request that was decided before is a `conflict`.",
  request: {
    params: z.object({ id: ConversationIdParam, application_id: JoinRequestIdParam }),
    body: jsonBody(Decision),
  },
  responses: {
    204: { description: "Done" },
    ...problems("forbidden", "not_found", "conflict", "full"),
  },
});

const ownRoute = pageRoute("get", "/v1/me/join-requests", {
  operationId: "listOwnJoinRequests",
  summary: "Your own open join requests",
  description: "Newest first.",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", OwnJoinRequests),
    ...problems("validation_failed"),
  },
});

const withdrawalRoute = lightRoute("delete", "/v1/me/join-requests/{conversation_id}", {
  operationId: "withdrawJoinRequest",
  summary: "Withdraw your join request to a group",
  description:
    "Without an open join request nothing changes. If you are in the group, it is a `conflict`: leave the group.",
  request: { params: z.object({ conversation_id: ConversationIdParam }) },
  responses: {
    204: { description: "You have no open join request to this group" },
    ...problems("validation_failed", "conflict"),
  },
});

export const joinRequests = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listJoinRequests(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeJoinRequest), 200);
  })
  .openapi(decisionRoute, async (c) => {
    const { id, application_id: joinRequestId } = c.req.valid("param");
    const accept = c.req.valid("json").action === "accept";
    await decideJoinRequest(c.var.core, c.var.caller.userId, id, { joinRequestId, accept });
    return c.body(null, 204);
  })
  .openapi(ownRoute, async (c) => {
    const page = await listOwnJoinRequests(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializePage(page, serializeOwnJoinRequest), 200);
  })
  .openapi(withdrawalRoute, async (c) => {
    await withdrawJoinRequest(c.var.core, c.var.caller.userId, c.req.valid("param").conversation_id);
    return c.body(null, 204);
  });

/** A join request as v1 shows it. */
function serializeJoinRequest(request: DomainJoinRequest): z.infer<typeof JoinRequest> {
  const { id, user, message, createdAt } = request;
  return { id, user: serializeUser(user), message, created_at: createdAt };
}

/** An open join request of the caller as v1 shows it. */
function serializeOwnJoinRequest({ conversationId, createdAt }: OwnJoinRequest) {
  return { conversation_id: conversationId, created_at: createdAt };
}
