import { z } from "@hono/zod-openapi";
import {
  type SpaceMember as DomainMember,
  leaveSpace,
  listMembers,
  removeSpaceMember,
} from "../../../core/spaces/members.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ListQuery,
  pageShape,
  SpaceIdParam,
  SpaceParams,
  serializePage,
  Time,
  UserIdParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

const SpaceMember = z.object({ user: User, joined_at: Time }).openapi("SpaceMember");
const SpaceMemberPage = pageShape(SpaceMember).openapi("SpaceMemberPage");

const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/members", {
  operationId: "listSpaceMembers",
  summary: "Members of a space",
  description: "In the order in which they came.",
  request: { params: SpaceParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", SpaceMemberPage),
    ...problems("validation_failed", "not_found"),
  },
});

const removeRoute = pageRoute("delete", "/v1/spaces/{id}/members/{user_id}", {
  operationId: "removeSpaceMember",
  summary: "Remove a member from a space",
  description: "Wants the permission `kick`. Once you have the answer, they read no channel any more.",
  request: { params: z.object({ id: SpaceIdParam, user_id: UserIdParam }) },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
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
    const page = await listMembers(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeMember), 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await removeSpaceMember(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  })
  .openapi(leaveRoute, async (c) => {
    await leaveSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

function serializeMember({ user, joinedAt }: DomainMember): z.infer<typeof SpaceMember> {
  return { user: serializeUser(user), joined_at: joinedAt };
}
