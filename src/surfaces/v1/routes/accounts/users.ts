import { z } from "@hono/zod-openapi";
import { getUser, usersWithIds, usersWithNames } from "../../../../core/accounts/users.ts";
import { knownPeople } from "../../../../core/contacts/people.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { UserIdParam } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { PeopleQuery, Users, UsersQuery, UserWithRelation } from "../../schemas/accounts.ts";
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

const peopleRoute = pageRoute("get", "/v1/people", {
  operationId: "listPeople",
  summary: "People you know",
  description:
    "Members of the 50 conversations at the top of your list, then your friends: whom to suggest when you begin a conversation or add members. Those of the topmost conversation come first. Of a conversation 50 members are looked at, and 500 friends. Names are compared as people read them: without regard to case, width and accents.",
  request: { query: PeopleQuery },
  responses: {
    200: jsonAnswer("The users that were found", Users),
    ...problems("validation_failed"),
  },
});

export const users = v1Router()
  .openapi(peopleRoute, async (c) => {
    const { q: text, limit } = c.req.valid("query");
    const people = await knownPeople(c.var.core, c.var.caller.userId, { text, limit });
    return c.json({ items: people.map(serializeWithRelation) }, 200);
  })
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
