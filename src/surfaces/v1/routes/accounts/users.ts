import { z } from "@hono/zod-openapi";
import { getUser, usersWithIds, usersWithNames } from "../../../../core/accounts/users.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { Users, UsersQuery, UserWithRelation } from "../../schemas/accounts.ts";
import { problems, UserIdParam } from "../../schemas/common.ts";
import { serializeWithRelation } from "../../serialize/users.ts";

const lightRoute = callerRoutes("Users");
const pageRoute = callerRoutes("Users", weighs("page"));

const getRoute = lightRoute("get", "/v1/users/{id}", {
  operationId: "getUser",
  summary: "The public profile of a user",
  description:
    "With the user's `relation` to you, and their `signature`. A deleted user is `not_found`. Strangers count as for `GET /v1/users`.",
  request: { params: z.object({ id: UserIdParam }) },
  responses: {
    200: jsonAnswer("The user", UserWithRelation),
    ...problems("validation_failed", "not_found"),
  },
});

const findRoute = pageRoute("get", "/v1/users", {
  operationId: "findUsers",
  summary: "Find users by their ids, or a user by username",
  description:
    "Either `ids`, up to 100, separated by commas: the users in this order, each once. Unknown ids are left out; a deleted user is shown as `deleted-<id>`. Or `username`, by exact match: one user, or none. Of users with whom you share nothing you can name 1,000 a day by number; more are `rate_limited`.",
  request: { query: UsersQuery },
  responses: {
    200: jsonAnswer("The users that were found", Users),
    ...problems("validation_failed"),
  },
});

export const users = v1Router()
  .openapi(getRoute, async (c) => {
    const user = await getUser(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.json(serializeWithRelation(user), 200);
  })
  .openapi(findRoute, async (c) => {
    const { core, caller } = c.var;
    const { username = "", ids } = c.req.valid("query");
    const found = ids
      ? await usersWithIds(core, caller.userId, ids)
      : await usersWithNames(core, caller.userId, [username]);
    return c.json({ items: found.map(serializeWithRelation) }, 200);
  });
