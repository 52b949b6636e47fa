import { lookAtGroup } from "../../../../core/groups/group-outline.ts";
import { ConversationParams } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { Group } from "../../schemas/groups.ts";
import { serializeGroup } from "../../serialize/groups.ts";

const lightRoute = callerRoutes("Conversations");

const getRoute = lightRoute("get", "/v1/groups/{id}", {
  operationId: "getGroup",
  summary: "A group, before you join it",
  description:
    "Of a discoverable group, for every user; of any other group for its members only. Without announcement and custom fields. Other groups, and a group from which you are banned, are `not_found`. Whether you can join is decided by `join_policy`.",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("The group", Group),
    ...problems("validation_failed", "not_found"),
  },
});

export const groups = v1Router().openapi(getRoute, async (c) => {
  const { id } = c.req.valid("param");
  return c.json(serializeGroup(await lookAtGroup(c.var.core, c.var.caller.userId, id)), 200);
});
