import { z } from "@hono/zod-openapi";
import { lookAtGroup, type OutlineWithOwner } from "../../../core/groups/groups.ts";
import { JoinPolicy } from "../../../domain/conversations/group-kind.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { serializeUser, User } from "../accounts/users.ts";
import { ConversationParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

const Relation = z
  .enum(["none", "requested", "member"])
  .openapi({ description: "What you are to the group; `requested`: you have an open join request" });

export const Group = z
  .object({
    id: ConversationId,
    name: z.string(),
    avatar: z.string(),
    introduction: z.string(),
    member_count: z.int(),
    join_policy: JoinPolicy,
    owner: User.optional(),
    state: Relation,
  })
  .openapi("Group");

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

/** A group as v1 shows it to users who are not in it. */
function serializeGroup(group: OutlineWithOwner): z.infer<typeof Group> {
  const { id, name, avatar, introduction, memberCount, joinPolicy, owner, state } = group;
  return {
    ...{ id, name, avatar, introduction, member_count: memberCount, join_policy: joinPolicy },
    ...(owner && { owner: serializeUser(owner) }),
    state,
  };
}
