import { createRoute, z } from "@hono/zod-openapi";
import { getUser, usersWithNames } from "../../../../core/accounts/users.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { User, Users, UsersQuery } from "../../schemas/accounts.ts";
import { problems, UserIdParam } from "../../schemas/common.ts";
import { serializeUser } from "../../serialize/users.ts";

const getRoute = createRoute({
  method: "get",
  path: "/v1/users/{id}",
  operationId: "getUser",
  tags: ["Users"],
  summary: "The public profile of a user",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: z.object({ id: UserIdParam }) },
  responses: {
    200: { description: "The user", content: { "application/json": { schema: User } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

const findRoute = createRoute({
  method: "get",
  path: "/v1/users",
  operationId: "findUsers",
  tags: ["Users"],
  summary: "Find a user by username",
  description: "By exact match: one user, or none.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { query: UsersQuery },
  responses: {
    200: {
      description: "The user with this name, if any",
      content: { "application/json": { schema: Users } },
    },
    ...problems("validation_failed", "unauthenticated"),
  },
});

export const users = v1Router()
  .openapi(getRoute, async (c) => {
    const user = await getUser(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.json(serializeUser(user), 200);
  })
  .openapi(findRoute, async (c) => {
    const found = await usersWithNames(c.var.core, c.var.caller.userId, [c.req.valid("query").username]);
    return c.json({ items: found.map(serializeUser) }, 200);
  });
