import { getServerUser, listUsers, upsertUser, upsertUsers } from "../../../../core/server/server-users.ts";
import { problems } from "../../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  ServerUser,
  ServerUserChange,
  ServerUserList,
  ServerUserPage,
  ServerUserResults,
  ServerUsersQuery,
  UserRefParams,
} from "../../schemas/server/users.ts";
import { serializeServerUser, serializeUpsert } from "../../serialize/server-users.ts";

const userRoute = serverRoutes("users");
const pageRoute = serverRoutes("users", "page");

const putRoute = userRoute("put", "/v1/server/users/{ref}", {
  operationId: "putServerUser",
  summary: "Make or change a user",
  description:
    "A user without a password: `ext:` makes one if there is none, an `id` only changes. Only given fields change, and the same again changes nothing. Without `username` a new user gets one that tells nothing of your id. A username that is taken, was somebody's, or looks like another user's is a `conflict`; a user with a password is `forbidden`. To set, change or remove a `role` the key needs the scope `moderate` too, else it is `forbidden`, and nothing changes; a bot that a user has made gets none.",
  request: { params: UserRefParams, body: jsonBody(ServerUserChange) },
  responses: {
    200: jsonAnswer("The user, changed or as they were", ServerUser),
    201: jsonAnswer("The user is made", ServerUser),
    ...problems("not_found", "conflict"),
  },
});

const getRoute = userRoute("get", "/v1/server/users/{ref}", {
  operationId: "getServerUser",
  summary: "A user",
  description: "A deleted account has no external id any more: its `id` finds it as `deactivated`.",
  request: { params: UserRefParams },
  responses: {
    200: jsonAnswer("The user", ServerUser),
    ...problems("validation_failed", "not_found"),
  },
});

const listRoute = pageRoute("get", "/v1/server/users", {
  operationId: "listServerUsers",
  summary: "All users",
  description: "In the order of their ids, those with a password too.",
  request: { query: ServerUsersQuery },
  responses: { 200: jsonAnswer("A page of users", ServerUserPage), ...problems("validation_failed") },
});

const batchRoute = pageRoute("post", "/v1/server/users", {
  operationId: "putServerUsers",
  summary: "Make and change up to 100 users",
  description:
    "Each as `PUT /v1/server/users/{ref}`, for itself: one that fails has its `problem`, the others are done. An input that is not valid refuses the whole list.",
  request: { body: jsonBody(ServerUserList) },
  responses: { 200: jsonAnswer("What became of each, in the order of the list", ServerUserResults) },
});

export const serverUsers = v1Router()
  .openapi(listRoute, async (c) => {
    const { items, nextCursor } = await listUsers(c.var.core, c.req.valid("query"));
    return c.json({ items: items.map(serializeServerUser), next_cursor: nextCursor }, 200);
  })
  .openapi(batchRoute, async (c) => {
    const list = c.req.valid("json").items.map(({ external_id: externalId, ...change }) => ({
      externalId,
      change,
    }));
    const outcomes = await upsertUsers(c.var.core, c.var.key, list);
    return c.json({ items: outcomes.map(serializeUpsert) }, 200);
  })
  .openapi(getRoute, async (c) => {
    const user = await getServerUser(c.var.core, c.req.valid("param").ref);
    return c.json(serializeServerUser(user), 200);
  })
  .openapi(putRoute, async (c) => {
    const { ref } = c.req.valid("param");
    const { user, result } = await upsertUser(c.var.core, c.var.key, ref, c.req.valid("json"));
    return c.json(serializeServerUser(user), result === "created" ? 201 : 200);
  });
