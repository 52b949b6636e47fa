import { createRoute, z } from "@hono/zod-openapi";
import {
  handleApplication,
  handOver,
  joinGroup,
  leaveGroup,
  listApplications,
} from "../../../core/groups.ts";
import { authenticated } from "../auth.ts";
import { v1Body } from "../body.ts";
import { v1Router } from "../router.ts";
import { ApplicationIdParam, ConversationIdParam, problems } from "../schemas/common.ts";
import { Conversation } from "../schemas/conversations.ts";
import { ApplicationPage, Decision, Heir, Joined, PlaceQuery, Wish } from "../schemas/groups.ts";
import { serializeConversation } from "../serialize/conversations.ts";
import { serializeApplication } from "../serialize/groups.ts";

const params = z.object({ id: ConversationIdParam });

/** Joins a group, or asks to be let in. A closed one is as one that does not exist. */
const joinRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/join",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { content: { "application/json": { schema: Wish } } } },
  responses: {
    200: { description: "What became of it", content: { "application/json": { schema: Joined } } },
    ...problems("validation_failed", "unauthenticated", "not_found", "conflict", "too_large"),
  },
});

/** Leaves a group. An owner hands it over first, or dissolves it: `conflict`. */
const leaveRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/leave",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict"),
  },
});

/** Gives the group to another member; the caller is a plain member then. */
const ownerRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/owner",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: Heir } } } },
  responses: {
    200: { description: "The conversation", content: { "application/json": { schema: Conversation } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "too_large"),
  },
});

/** Who asks to be let in, the first one first: for the owner and the admins. */
const applicationsRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/applications",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params, query: PlaceQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: ApplicationPage } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

/** Lets somebody in, or not. Handled already: `conflict`. */
const decisionRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/applications/{application_id}",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: {
    params: z.object({ id: ConversationIdParam, application_id: ApplicationIdParam }),
    body: { required: true, content: { "application/json": { schema: Decision } } },
  },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"),
  },
});

export const joining = v1Router()
  .openapi(joinRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { message = "" } = c.req.valid("json");
    return c.json(await joinGroup(c.var.core, c.var.caller.userId, id, message), 200);
  })
  .openapi(leaveRoute, async (c) => {
    await leaveGroup(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  })
  .openapi(ownerRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { user_id: heir } = c.req.valid("json");
    return c.json(serializeConversation(await handOver(c.var.core, c.var.caller.userId, id, heir)), 200);
  })
  .openapi(applicationsRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { items, nextCursor } = await listApplications(
      c.var.core,
      c.var.caller.userId,
      id,
      c.req.valid("query"),
    );
    return c.json({ items: items.map(serializeApplication), next_cursor: nextCursor }, 200);
  })
  .openapi(decisionRoute, async (c) => {
    const { id, application_id: applicationId } = c.req.valid("param");
    const accept = c.req.valid("json").action === "accept";
    await handleApplication(c.var.core, c.var.caller.userId, id, { applicationId, accept });
    return c.body(null, 204);
  });
