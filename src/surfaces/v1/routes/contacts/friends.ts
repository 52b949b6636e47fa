import { z } from "@hono/zod-openapi";
import {
  askOrAcceptFriend,
  listFriendRequests,
  listFriends,
  unfriend,
} from "../../../../core/contacts/friends.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ListQuery, serializePage, UserIdParam } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  FriendRequestList,
  FriendRequestQuery,
  Friendship,
  UserList,
} from "../../schemas/contacts/friends.ts";
import { serializeUser, serializeUserAndTime } from "../../serialize/users.ts";

const lightRoute = callerRoutes("Friends");
const pageRoute = callerRoutes("Friends", weighs("page"));

const params = z.object({ user_id: UserIdParam });

const listRoute = pageRoute("get", "/v1/friends", {
  operationId: "listFriends",
  summary: "Your friends",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", UserList),
    ...problems("validation_failed"),
  },
});

const requestsRoute = pageRoute("get", "/v1/friends/requests", {
  operationId: "listFriendRequests",
  summary: "Open requests for friendship",
  description:
    "Those that you have received (`incoming`) or sent (`outgoing`), newest first. `user` is the other user.",
  request: { query: FriendRequestQuery },
  responses: {
    200: jsonAnswer("A page", FriendRequestList),
    ...problems("validation_failed"),
  },
});

const befriendRoute = lightRoute("put", "/v1/friends/{user_id}", {
  operationId: "befriend",
  summary: "Ask for friendship, or agree",
  description:
    'The two become friends at once if the other user has asked before, or has the `friend_policy` "allow". A user with the policy "deny" is `forbidden`, a block in either direction `blocked`. Within a day after the other user rejected your request another one is `rate_limited`.',
  request: { params },
  responses: {
    200: jsonAnswer("The state of the friendship", Friendship),
    ...problems("validation_failed", "forbidden", "blocked", "refused", "not_found", "quota"),
  },
});

const unfriendRoute = lightRoute("delete", "/v1/friends/{user_id}", {
  operationId: "unfriend",
  summary: "End a friendship, reject or withdraw a request",
  description: "Without a friendship or request nothing changes.",
  request: { params },
  responses: {
    204: { description: "The two are no friends" },
    ...problems("validation_failed", "not_found"),
  },
});

export const friends = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listFriends(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializePage(page, serializeUser), 200);
  })
  .openapi(requestsRoute, async (c) => {
    const { direction, ...query } = c.req.valid("query");
    const page = await listFriendRequests(c.var.core, c.var.caller.userId, direction, query);
    return c.json(serializePage(page, serializeUserAndTime), 200);
  })
  .openapi(befriendRoute, async (c) => {
    const state = await askOrAcceptFriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.json({ state }, 200);
  })
  .openapi(unfriendRoute, async (c) => {
    await unfriend(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  });
