import { createRoute, z } from "@hono/zod-openapi";
import { block, listBlocks, unblock } from "../../../../core/contacts/blocks.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { ListQuery, problems, UserIdParam } from "../../schemas/common.ts";
import { UserList } from "../../schemas/friends.ts";
import { serializeUsers } from "../../serialize/friends.ts";

const params = z.object({ user_id: UserIdParam });

const listRoute = createRoute({
  method: "get",
  path: "/v1/blocks",
  operationId: "listBlocks",
  tags: ["Friends"],
  summary: "The users that you block",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: UserList } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const blockRoute = createRoute({
  method: "put",
  path: "/v1/blocks/{user_id}",
  operationId: "block",
  tags: ["Friends"],
  summary: "Block a user",
  description:
    "From the answer on neither user can write to the other. The block ends their friendship and requests.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "The user is blocked" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

const unblockRoute = createRoute({
  method: "delete",
  path: "/v1/blocks/{user_id}",
  operationId: "unblock",
  tags: ["Friends"],
  summary: "Lift your block of a user",
  description: "Friendship and requests that the block ended stay ended.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "The caller does not block the user" },
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
