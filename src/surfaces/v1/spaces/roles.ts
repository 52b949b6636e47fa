import { z } from "@hono/zod-openapi";
import {
  changeRole,
  createRole,
  deleteRole,
  listRoles,
  orderRoles,
  setMemberRole,
} from "../../../core/spaces/roles.ts";
import { SpaceId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { bitsOf, Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import { EVERYONE_ROLE, RoleColor, RoleId, type SpaceRole } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { orNull, RoleIdParam, SpaceIdParam, SpaceMemberParams, SpaceParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const Permissions = z.array(Permission).max(Permission.options.length);
const Color = orNull(RoleColor).openapi({
  description: "`#rrggbb`; null: none of its own",
  example: "#2f855a",
});

const Mentionable = z.boolean().openapi({ description: "Every member may mention it" });
const Hoist = z.boolean().openapi({ description: "Its members are shown apart from others" });

const NewRole = z
  .object({
    name: GroupName,
    color: Color.optional(),
    permissions: Permissions.optional(),
    mentionable: Mentionable.optional(),
    hoist: Hoist.optional(),
  })
  .openapi("NewRole", { example: { name: "Gardeners", color: "#2f855a", permissions: ["pin"] } });

/** Absent = unchanged. */
const RoleChange = NewRole.partial().openapi("RoleChange", { example: { permissions: ["pin", "kick"] } });

export const Role = z
  .object({
    id: RoleId,
    space_id: SpaceId,
    name: z.string(),
    color: Color,
    position: z.int().openapi({ description: "A higher one is above" }),
    permissions: Permissions,
    mentionable: Mentionable,
    hoist: Hoist,
    built_in: z.enum(["everyone"]).nullable(),
    member_count: z.int(),
  })
  .openapi("Role", { description: "What its members may do, besides what `everyone` may" });

const Roles = z.object({ items: z.array(Role) }).openapi("Roles");

const Order = z
  .object({ role_ids: z.array(RoleId).max(LIMITS.roles) })
  .openapi("RoleOrder", { example: { role_ids: [2, 1] } });

const RoleParams = z.object({ id: SpaceIdParam, role_id: RoleIdParam });
const MemberRoleParams = SpaceMemberParams.extend({ role_id: RoleIdParam });

const pageRoute = callerRoutes("Spaces", weighs("page"));

const RULES =
  "Wants the permission `manage_roles`. Nobody changes a role at or above their own highest one, nor gives or takes a permission that they lack.";

const listRoute = pageRoute("get", "/v1/spaces/{id}/roles", {
  operationId: "listRoles",
  summary: "The roles of a space",
  description: "The highest first. The last one, with the id 0, is `everyone`, which all members have.",
  request: { params: SpaceParams },
  responses: { 200: jsonAnswer("All of them", Roles), ...problems("validation_failed", "not_found") },
});

const createRoute = pageRoute("post", "/v1/spaces/{id}/roles", {
  operationId: "createRole",
  summary: "Make a role",
  description: `It is below all others but \`everyone\`. ${RULES} A space has at most ${LIMITS.roles}: else \`conflict\`.`,
  request: { params: SpaceParams, body: jsonBody(NewRole) },
  responses: {
    201: jsonAnswer("The role", Role),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const changeRoute = pageRoute("patch", "/v1/spaces/{id}/roles/{role_id}", {
  operationId: "changeRole",
  summary: "Change a role",
  description: `${RULES} Of the role 0, \`everyone\`, the permissions can be changed. Once you have the answer, nobody has a right that was taken.`,
  request: { params: RoleParams, body: jsonBody(RoleChange) },
  responses: {
    200: jsonAnswer("The role", Role),
    ...problems("forbidden", "refused", "not_found"),
  },
});

const deleteRoute = pageRoute("delete", "/v1/spaces/{id}/roles/{role_id}", {
  operationId: "deleteRole",
  summary: "Delete a role",
  description: `${RULES} Its members have it no more. Without such a role nothing changes. For the role 0 this is a \`conflict\`.`,
  request: { params: RoleParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

const orderRoute = pageRoute("put", "/v1/spaces/{id}/roles/order", {
  operationId: "orderRoles",
  summary: "Put the roles into an order",
  description: `\`role_ids\` names all roles but \`everyone\`, the highest first: else \`conflict\`. ${RULES}`,
  request: { params: SpaceParams, body: jsonBody(Order) },
  responses: {
    200: jsonAnswer("All of them", Roles),
    ...problems("forbidden", "not_found", "conflict"),
  },
});

const giveRoute = pageRoute("put", "/v1/spaces/{id}/members/{user_id}/roles/{role_id}", {
  operationId: "giveRole",
  summary: "Give a member a role",
  description: RULES,
  request: { params: MemberRoleParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

const takeRoute = pageRoute("delete", "/v1/spaces/{id}/members/{user_id}/roles/{role_id}", {
  operationId: "takeRole",
  summary: "Take a role from a member",
  description: `${RULES} Once you have the answer, the member has no right that it gave.`,
  request: { params: MemberRoleParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

export const roles = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const found = await listRoles(c.var.core, c.var.caller.userId, id);
    return c.json({ items: found.map((role) => serializeRole(id, role)) }, 200);
  })
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const wanted = c.req.valid("json");
    const { name, color = null, permissions = [], mentionable = false, hoist = false } = wanted;
    const fields = { name, color, permissions: bitsOf(permissions), mentionable, hoist };
    return c.json(serializeRole(id, await createRole(c.var.core, c.var.caller.userId, id, fields)), 201);
  })
  .openapi(changeRoute, async (c) => {
    const { id, role_id: roleId } = c.req.valid("param");
    const { permissions, ...shown } = c.req.valid("json");
    const change = { ...shown, ...(permissions && { permissions: bitsOf(permissions) }) };
    const role = await changeRole(c.var.core, c.var.caller.userId, id, roleId, change);
    return c.json(serializeRole(id, role), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { id, role_id: roleId } = c.req.valid("param");
    await deleteRole(c.var.core, c.var.caller.userId, id, roleId);
    return c.body(null, 204);
  })
  .openapi(orderRoute, async (c) => {
    const { id } = c.req.valid("param");
    const ordered = await orderRoles(c.var.core, c.var.caller.userId, id, c.req.valid("json").role_ids);
    return c.json({ items: ordered.map((role) => serializeRole(id, role)) }, 200);
  })
  .openapi(giveRoute, async (c) => {
    const { id, user_id: target, role_id: roleId } = c.req.valid("param");
    await setMemberRole(c.var.core, c.var.caller.userId, id, { target, roleId, isGiven: true });
    return c.body(null, 204);
  })
  .openapi(takeRoute, async (c) => {
    const { id, user_id: target, role_id: roleId } = c.req.valid("param");
    await setMemberRole(c.var.core, c.var.caller.userId, id, { target, roleId, isGiven: false });
    return c.body(null, 204);
  });

export function serializeRole(spaceId: SpaceId, role: SpaceRole): z.infer<typeof Role> {
  const { id, name, color, position, permissions, mentionable, hoist, memberCount } = role;
  return {
    ...{ id, space_id: spaceId, name, color, position, permissions: permissionsIn(permissions) },
    ...{ mentionable, hoist },
    ...{ built_in: id === EVERYONE_ROLE ? "everyone" : null, member_count: memberCount },
  };
}
