import { createRoute, z } from "@hono/zod-openapi";
import { decideJoinRequest, listJoinRequests } from "../../../../core/groups/groups.ts";
import { listOwnJoinRequests, withdrawJoinRequest } from "../../../../core/groups/own-join-requests.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, JoinRequestIdParam, ListQuery, problems } from "../../schemas/common.ts";
import { Decision, JoinRequestPage, OwnJoinRequests } from "../../schemas/groups.ts";
import { serializeJoinRequest, serializeOwnJoinRequests } from "../../serialize/groups.ts";

const listRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/applications",
  operationId: "listApplications",
  tags: ["Members"],
  summary: "Join requests of a group",
  description: "Oldest first. For the owner and admins.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params: z.object({ id: ConversationIdParam }), query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: JoinRequestPage } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

const decisionRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/applications/{application_id}",
  operationId: "decideApplication",
  tags: ["Members"],
  summary: "Accept or reject a join request",
  description: "A join request that was decided before is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: {
    params: z.object({ id: ConversationIdParam, application_id: JoinRequestIdParam }),
    body: { required: true, content: { "application/json": { schema: Decision } } },
  },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"),
  },
});

const ownRoute = createRoute({
  method: "get",
  path: "/v1/me/join-requests",
  operationId: "listOwnJoinRequests",
  tags: ["Members"],
  summary: "Your own open join requests",
  description: "Newest first.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: OwnJoinRequests } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const withdrawalRoute = createRoute({
  method: "delete",
  path: "/v1/me/join-requests/{conversation_id}",
  operationId: "withdrawJoinRequest",
  tags: ["Members"],
  summary: "Withdraw your join request to a group",
  description:
    "Without an open join request nothing changes. If you are in the group, it is a `conflict`: leave the group.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: z.object({ conversation_id: ConversationIdParam }) },
  responses: {
    204: { description: "You have no open join request to this group" },
    ...problems("validation_failed", "unauthenticated", "conflict"),
  },
});

export const joinRequests = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { items, nextCursor } = await listJoinRequests(
      c.var.core,
      c.var.caller.userId,
      id,
      c.req.valid("query"),
    );
    return c.json({ items: items.map(serializeJoinRequest), next_cursor: nextCursor }, 200);
  })
  .openapi(decisionRoute, async (c) => {
    const { id, application_id: joinRequestId } = c.req.valid("param");
    const accept = c.req.valid("json").action === "accept";
    await decideJoinRequest(c.var.core, c.var.caller.userId, id, { joinRequestId, accept });
    return c.body(null, 204);
  })
  .openapi(ownRoute, async (c) => {
    const page = await listOwnJoinRequests(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializeOwnJoinRequests(page), 200);
  })
  .openapi(withdrawalRoute, async (c) => {
    await withdrawJoinRequest(c.var.core, c.var.caller.userId, c.req.valid("param").conversation_id);
    return c.body(null, 204);
  });
