import { z } from "@hono/zod-openapi";
import { block, listBlocks, unblock } from "../../../../core/contacts/blocks.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ListQuery, serializePage, UserIdParam } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { UserList } from "../../schemas/contacts/friends.ts";
import { serializeUser } from "../../serialize/users.ts";

const lightRoute = callerRoutes("Friends");
const pageRoute = callerRoutes("Friends", weighs("page"));

const params = z.object({ user_id: UserIdParam });

const listRoute = pageRoute("get", "/v1/blocks", {
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
  .openapi(listRoute, async (c) => {
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
