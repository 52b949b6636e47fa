import { z } from "@hono/zod-openapi";
import { block, listBlocks, unblock } from "../../../core/contacts/blocks.ts";
import {
  askOrAcceptFriend,
  listFriendRequests,
  listFriends,
  unfriend,
} from "../../../core/contacts/friends.ts";
import { AskOutcome } from "../../../domain/contacts/friend-state.ts";
import { RequestDirection } from "../../../domain/contacts/request-direction.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, pageShape, serializePage, Time, UserIdParam } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";
import { serializeUser, serializeUserAndTime, User } from "./users.ts";

/** The outcome of a request: `requested` (the other user has not agreed yet) or `friends`. */
const Friendship = z.object({ state: AskOutcome }).openapi("Friendship");

export const UserList = pageShape(User).openapi("UserList");

const FriendRequestQuery = ListQuery.extend({ direction: RequestDirection.default("incoming") });

const FriendRequest = z.object({ user: User, created_at: Time }).openapi("FriendRequest");

export const FriendRequestList = pageShape(FriendRequest).openapi("FriendRequestList");

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

const listBlocksRoute = pageRoute("get", "/v1/blocks", {
  operationId: "listBlocks",
  summary: "The users that you block",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", UserList),
    ...problems("validation_failed"),
  },
});

const blockRoute = lightRoute("put", "/v1/blocks/{user_id}", {
  operationId: "block",
  summary: "Block a user",
  description:
    "From the answer on neither user can write to the other. The block ends their friendship and requests.",
  request: { params },
  responses: {
    204: { description: "The user is blocked" },
    ...problems("validation_failed", "not_found"),
  },
});

const unblockRoute = lightRoute("delete", "/v1/blocks/{user_id}", {
  operationId: "unblock",
  summary: "Lift your block of a user",
  description: "Friendship and requests that the block ended stay ended.",
  request: { params },
  responses: {
    204: { description: "The caller does not block the user" },
    ...problems("validation_failed", "not_found"),
  },
});

export const blocks = v1Router()
  .openapi(listBlocksRoute, async (c) => {
    const page = await listBlocks(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializePage(page, serializeUser), 200);
  })
  .openapi(blockRoute, async (c) => {
    await block(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  })
  .openapi(unblockRoute, async (c) => {
    await unblock(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  });
