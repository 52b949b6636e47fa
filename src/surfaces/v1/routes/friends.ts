import { createRoute, z } from "@hono/zod-openapi";
import { befriend, listFriendRequests, listFriends, unfriend } from "../../../core/friends.ts";
import { authenticated } from "../auth.ts";
import { v1Router } from "../router.ts";
import { ListQuery, problems, UserIdParam } from "../schemas/common.ts";
import { FriendRequestList, Friendship, UserList } from "../schemas/friends.ts";
import { serializeRequests, serializeUsers } from "../serialize/friends.ts";

const params = z.object({ user_id: UserIdParam });

/** The caller's friends. */
const listRoute = createRoute({
  method: "get",
  path: "/v1/friends",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: UserList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

/** What others have asked of the caller, the newest first. */
const requestsRoute = createRoute({
  method: "get",
  path: "/v1/friends/requests",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: FriendRequestList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

/**
 * Asks for friendship, or agrees where the other has asked or lets everybody be his friend. One who wants
 * nobody to ask: `forbidden`; a block in either direction: `blocked`.
 */
const befriendRoute = createRoute({
  method: "put",
  path: "/v1/friends/{user_id}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    200: { description: "How the two stand now", content: { "application/json": { schema: Friendship } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "blocked", "not_found"),
  },
});

/** Ends a friendship, rejects what the other has asked, withdraws what the caller has; or changes nothing. */
const unfriendRoute = createRoute({
  method: "delete",
  path: "/v1/friends/{user_id}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "They are no friends" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

export const friends = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listFriends(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializeUsers(page), 200);
  })
  .openapi(requestsRoute, async (c) => {
    const page = await listFriendRequests(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializeRequests(page), 200);
  })
  .openapi(befriendRoute, async (c) => {
    const state = await befriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.json({ state }, 200);
  })
  .openapi(unfriendRoute, async (c) => {
    await unfriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  });
