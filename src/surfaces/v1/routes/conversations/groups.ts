import { createRoute, z } from "@hono/zod-openapi";
import { lookAtGroup } from "../../../../core/groups/group-outline.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems } from "../../schemas/common.ts";
import { Group } from "../../schemas/groups.ts";
import { serializeGroup } from "../../serialize/groups.ts";

const getRoute = createRoute({
  method: "get",
  path: "/v1/groups/{id}",
  operationId: "getGroup",
  tags: ["Conversations"],
  summary: "A group, before you join it",
  description:
    "Of a discoverable group, for every user; of any other group for its members only. Without announcement and custom fields. Other groups, and a group from which you are banned, are `not_found`. Whether you can join is decided by `join_policy`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: z.object({ id: ConversationIdParam }) },
  responses: {
    200: { description: "The group", content: { "application/json": { schema: Group } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

export const groups = v1Router().openapi(getRoute, async (c) => {
  const { id } = c.req.valid("param");
  return c.json(serializeGroup(await lookAtGroup(c.var.core, c.var.caller.userId, id)), 200);
});
