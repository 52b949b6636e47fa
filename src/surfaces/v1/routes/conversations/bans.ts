import { createRoute, z } from "@hono/zod-openapi";
import { banUser, liftBan, listBans } from "../../../../core/groups/bans.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, ListQuery, problems, UserIdParam } from "../../schemas/common.ts";
import { BanInput, BanPage } from "../../schemas/groups.ts";
import { serializeBan } from "../../serialize/groups.ts";

const oneParams = z.object({ id: ConversationIdParam, user_id: UserIdParam });

const listRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/bans",
  operationId: "listBans",
  tags: ["Members"],
  summary: "Users who are banned from a group",
  description: "Oldest ban first. For the owner and admins.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params: z.object({ id: ConversationIdParam }), query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: BanPage } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

const banRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/bans/{user_id}",
  operationId: "banUser",
  tags: ["Members"],
  summary: "Ban a user from a group",
  description:
    "For the owner and admins; admins ban plain members and users who are not in the group. In one step a member is removed, and an open join request rejected. Until the ban is lifted the user cannot join, apply or be added, over any API. A repeated ban only changes the reason. A group has at most 10,000 bans: else `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params: oneParams, body: { content: { "application/json": { schema: BanInput } } } },
  responses: {
    204: { description: "The user is banned" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"),
  },
});

const liftRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/bans/{user_id}",
  operationId: "liftBan",
  tags: ["Members"],
  summary: "Lift a ban",
  description: "For the owner and admins. The user does not become a member. Without a ban nothing changes.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams },
  responses: {
    204: { description: "The user is not banned" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

export const bans = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { items, nextCursor } = await listBans(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json({ items: items.map(serializeBan), next_cursor: nextCursor }, 200);
  })
  .openapi(banRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const { reason = "" } = c.req.valid("json");
    await banUser(c.var.core, c.var.caller.userId, id, userId, reason);
    return c.body(null, 204);
  })
  .openapi(liftRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await liftBan(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  });
