import { createRoute, z } from "@hono/zod-openapi";
import {
  askOrAcceptFriend,
  listFriendRequests,
  listFriends,
  unfriend,
} from "../../../../core/contacts/friends.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { ListQuery, problems, UserIdParam } from "../../schemas/common.ts";
import { FriendRequestList, FriendRequestQuery, Friendship, UserList } from "../../schemas/friends.ts";
import { serializeRequests, serializeUsers } from "../../serialize/friends.ts";

const params = z.object({ user_id: UserIdParam });

const listRoute = createRoute({
  method: "get",
  path: "/v1/friends",
  operationId: "listFriends",
  tags: ["Friends"],
  summary: "Your friends",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: UserList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const requestsRoute = createRoute({
  method: "get",
  path: "/v1/friends/requests",
  operationId: "listFriendRequests",
  tags: ["Friends"],
  summary: "Open requests for friendship",
  description:
    "Those that you have received (`incoming`) or sent (`outgoing`), newest first. `user` is the other user.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { query: FriendRequestQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: FriendRequestList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const befriendRoute = createRoute({
  method: "put",
  path: "/v1/friends/{user_id}",
  operationId: "befriend",
  tags: ["Friends"],
  summary: "Ask for friendship, or agree",
  description:
    'The two become friends at once if the other user has asked before, or has the `friend_policy` "allow". A user with the policy "deny" is `forbidden`, a block in either direction `blocked`. Within a day after the other user rejected your request another one is `rate_limited`.',
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    200: {
      description: "The state of the friendship",
      content: { "application/json": { schema: Friendship } },
    },
    ...problems("validation_failed", "unauthenticated", "forbidden", "blocked", "not_found"),
  },
});

const unfriendRoute = createRoute({
  method: "delete",
  path: "/v1/friends/{user_id}",
  operationId: "unfriend",
  tags: ["Friends"],
  summary: "End a friendship, reject or withdraw a request",
  description: "Without a friendship or request nothing changes.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "The two are no friends" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

export const friends = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listFriends(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializeUsers(page), 200);
  })
  .openapi(requestsRoute, async (c) => {
    const { direction, ...query } = c.req.valid("query");
    const page = await listFriendRequests(c.var.core, c.var.caller.userId, direction, query);
    return c.json(serializeRequests(page), 200);
  })
  .openapi(befriendRoute, async (c) => {
    const state = await askOrAcceptFriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.json({ state }, 200);
  })
  .openapi(unfriendRoute, async (c) => {
    await unfriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  });
