import { createRoute, z } from "@hono/zod-openapi";
import { block, listBlocks, unblock } from "../../../core/blocks.ts";
import { authenticated } from "../auth.ts";
import { v1Router } from "../router.ts";
import { ListQuery, problems, UserIdParam } from "../schemas/common.ts";
import { UserList } from "../schemas/friends.ts";
import { serializeUsers } from "../serialize/friends.ts";

const params = z.object({ user_id: UserIdParam });

/** Whom the caller blocks. */
const listRoute = createRoute({
  method: "get",
  path: "/v1/blocks",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: UserList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

/** Blocks a user: from the answer on neither writes to the other. Ends friendship and requests. */
const blockRoute = createRoute({
  method: "put",
  path: "/v1/blocks/{user_id}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "He is blocked" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

/** Lifts the caller's block. What it ended stays ended. */
const unblockRoute = createRoute({
  method: "delete",
  path: "/v1/blocks/{user_id}",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "The caller does not block him" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

export const blocks = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listBlocks(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializeUsers(page), 200);
  })
  .openapi(blockRoute, async (c) => {
    await block(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  })
  .openapi(unblockRoute, async (c) => {
    await unblock(c.var.core, c.var.caller.userId, c.req.valid("param").user_id);
    return c.body(null, 204);
  });
