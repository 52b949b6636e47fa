import { z } from "@hono/zod-openapi";
import {
  type SpaceMember as DomainMember,
  leaveSpace,
  listMembers,
  muteMember,
  removeSpaceMember,
} from "../../../core/spaces/members.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ListQuery,
  orNull,
  pageShape,
  RoleIdParam,
  SpaceIdParam,
  SpaceParams,
  serializePage,
  Time,
  UserIdParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const SpaceMember = z
  .object({
    user: User,
    joined_at: Time,
    role_ids: z.array(RoleId).openapi({ description: "Highest first, without `everyone`" }),
    muted_until: orNull(Time).openapi({ description: "Until when they may not write; null: they may" }),
  })
  .openapi("SpaceMember");
const SpaceMemberPage = pageShape(SpaceMember).openapi("SpaceMemberPage");

export const SpaceMemberParams = z.object({ id: SpaceIdParam, user_id: UserIdParam });

const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/members", {
  operationId: "listSpaceMembers",
  summary: "Members of a space",
  description: "In the order in which they came.",
  request: {
    params: SpaceParams,
    query: ListQuery.extend({
      role_id: RoleIdParam.optional().openapi({ description: "Only those with this role" }),
    }),
  },
  responses: {
    200: jsonAnswer("A page", SpaceMemberPage),
    ...problems("validation_failed", "not_found"),
  },
});

const removeRoute = pageRoute("delete", "/v1/spaces/{id}/members/{user_id}", {
  operationId: "removeSpaceMember",
  summary: "Remove a member from a space",
  description:
    "Wants the permission `kick`, and a role above theirs. Once you have the answer, they read no channel any more.",
  request: { params: SpaceMemberParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const muteRoute = pageRoute("patch", "/v1/spaces/{id}/members/{user_id}", {
  operationId: "muteSpaceMember",
  summary: "Mute a member of a space",
  description:
    "Wants the permission `kick`, and a role above theirs. They write in no channel meanwhile. `muted_for_s` 0 ends a mute.",
  request: {
    params: SpaceMemberParams,
    body: jsonBody(
      z
        .object({ muted_for_s: z.int().nonnegative().max(LIMITS.muteSeconds) })
        .openapi("SpaceMemberChange", { example: { muted_for_s: 600 } }),
    ),
  },
  responses: {
    204: { description: "Done" },
    ...problems("forbidden", "not_found"),
  },
});

const leaveRoute = pageRoute("post", "/v1/spaces/{id}/leave", {
  operationId: "leaveSpace",
  summary: "Leave a space",
  description: "Its channels are in your list no more. For the owner it is a `conflict`.",
  request: { params: SpaceParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found", "conflict"),
  },
});

export const spaceMembers = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { role_id: roleId, ...range } = c.req.valid("query");
    const page = await listMembers(c.var.core, c.var.caller.userId, id, { ...range, roleId });
    return c.json(serializePage(page, serializeMember), 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await removeSpaceMember(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  })
  .openapi(muteRoute, async (c) => {
    const { id, user_id: target } = c.req.valid("param");
    const { muted_for_s: mutedForS } = c.req.valid("json");
    await muteMember(c.var.core, c.var.caller.userId, id, { target, mutedForS });
    return c.body(null, 204);
  })
  .openapi(leaveRoute, async (c) => {
    await leaveSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

function serializeMember(member: DomainMember): z.infer<typeof SpaceMember> {
  const { user, joinedAt, roleIds, mutedUntil } = member;
  return {
    ...{ user: serializeUser(user), joined_at: joinedAt, role_ids: [...roleIds] },
    muted_until: mutedUntil > Date.now() ? mutedUntil : null,
  };
}
