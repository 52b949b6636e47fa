import { z } from "@hono/zod-openapi";
import { findPermissions, listOverrides, setOverride } from "../../../core/spaces/overrides.ts";
import { UserId } from "../../../domain/ids.ts";
import { bitsOf, Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import type { Override as StoredOverride } from "../../../domain/spaces/rights.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ConversationIdParam, ConversationParams, RoleIdParam, UserIdParam } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const Permissions = z.array(Permission).max(Permission.options.length);

const Rights = z
  .object({ allow: Permissions.optional(), deny: Permissions.optional() })
  .openapi("ChannelRights", { example: { deny: ["read"] } });

const Override = z
  .object({
    role_id: RoleId.nullable().openapi({ description: "Of the members with this role; 0: `everyone`" }),
    user_id: UserId.nullable().openapi({ description: "Of this member" }),
    allow: Permissions,
    deny: Permissions,
  })
  .openapi("Override", { description: "One of `role_id` and `user_id` is null" });

const Overrides = z.object({ items: z.array(Override) }).openapi("Overrides");
const Because = z
  .object({
    permission: Permission,
    allowed: z.boolean(),
    by: z.enum(["owner", "role", "override"]),
    role_id: RoleId.nullable().openapi({
      description: "The role that gives it, or whose override decides; 0: `everyone`; null: there is none",
    }),
  })
  .openapi("PermissionReason");

const OwnPermissions = z
  .object({ permissions: Permissions, because: z.array(Because) })
  .openapi("ChannelPermissions");

const RoleOverride = z.object({ id: ConversationIdParam, role_id: RoleIdParam });
const UserOverride = z.object({ id: ConversationIdParam, user_id: UserIdParam });

const pageRoute = callerRoutes("Spaces", weighs("page"));

const RULES =
  "Wants the permissions `manage_channel` and `manage_roles` in the channel. Nobody allows or denies a permission that they lack, nor does so to who stands at or above them.";
const REFUSALS = problems("validation_failed", "forbidden", "not_found", "conflict");
const DONE = { 204: { description: "Done: nobody has a right that was taken" }, ...REFUSALS };

const listRoute = pageRoute("get", "/v1/conversations/{id}/overrides", {
  operationId: "listOverrides",
  summary: "What a channel changes of the rights of its space",
  description: "Those of roles first. Wants the permission `manage_channel`.",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("All of them", Overrides),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const permissionsRoute = pageRoute("get", "/v1/conversations/{id}/permissions", {
  operationId: "getChannelPermissions",
  summary: "What you, or another member, may do in a channel",
  description:
    "Of another member for the permission `manage_roles`. `because` says of each permission what gives or takes it: the space has an owner, the roles of the member have it or lack it, or an override of the channel decides.",
  request: {
    params: ConversationParams,
    query: z.object({ user_id: UserIdParam.optional().openapi({ description: "Who; absent: you" }) }),
  },
  responses: {
    200: jsonAnswer("The permissions", OwnPermissions),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const roleRoute = pageRoute("put", "/v1/conversations/{id}/overrides/roles/{role_id}", {
  operationId: "setRoleOverride",
  summary: "Allow and deny permissions in a channel to a role",
  description: `The channel is private once \`read\` is denied to the role 0, and for announcements once \`write\` is. ${RULES}`,
  request: { params: RoleOverride, body: jsonBody(Rights) },
  responses: DONE,
});

const endRoleRoute = pageRoute("delete", "/v1/conversations/{id}/overrides/roles/{role_id}", {
  operationId: "endRoleOverride",
  summary: "Have a role in a channel have the rights of the space",
  description: RULES,
  request: { params: RoleOverride },
  responses: DONE,
});

const userRoute = pageRoute("put", "/v1/conversations/{id}/overrides/users/{user_id}", {
  operationId: "setUserOverride",
  summary: "Allow and deny permissions in a channel to a member",
  description: RULES,
  request: { params: UserOverride, body: jsonBody(Rights) },
  responses: DONE,
});

const endUserRoute = pageRoute("delete", "/v1/conversations/{id}/overrides/users/{user_id}", {
  operationId: "endUserOverride",
  summary: "Have a member have the rights of their roles in a channel",
  description: RULES,
  request: { params: UserOverride },
  responses: DONE,
});

export const overrides = v1Router()
  .openapi(listRoute, async (c) => {
    const items = await listOverrides(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.json({ items: items.map(serializeOverride) }, 200);
  })
  .openapi(permissionsRoute, async (c) => {
    const { userId: caller } = c.var.caller;
    const { user_id: userId = caller } = c.req.valid("query");
    const reasons = await findPermissions(c.var.core, caller, c.req.valid("param").id, userId);
    const because = reasons.map(({ isAllowed, roleId, ...reason }) => ({
      ...{ ...reason, allowed: isAllowed, role_id: roleId },
    }));
    const permissions = reasons.flatMap((reason) => (reason.isAllowed ? reason.permission : []));
    return c.json({ permissions, because }, 200);
  })
  .openapi(roleRoute, async (c) => {
    const { id, role_id: roleId } = c.req.valid("param");
    const target = { roleId, userId: null };
    await setOverride(c.var.core, c.var.caller.userId, id, target, readRights(c.req.valid("json")));
    return c.body(null, 204);
  })
  .openapi(endRoleRoute, async (c) => {
    const { id, role_id: roleId } = c.req.valid("param");
    await setOverride(c.var.core, c.var.caller.userId, id, { roleId, userId: null }, null);
    return c.body(null, 204);
  })
  .openapi(userRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const target = { roleId: null, userId };
    await setOverride(c.var.core, c.var.caller.userId, id, target, readRights(c.req.valid("json")));
    return c.body(null, 204);
  })
  .openapi(endUserRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await setOverride(c.var.core, c.var.caller.userId, id, { roleId: null, userId }, null);
    return c.body(null, 204);
  });

function readRights({ allow = [], deny = [] }: z.infer<typeof Rights>) {
  return { allow: bitsOf(allow), deny: bitsOf(deny) };
}

function serializeOverride({ roleId, userId, allow, deny }: StoredOverride): z.infer<typeof Override> {
  return { role_id: roleId, user_id: userId, allow: permissionsIn(allow), deny: permissionsIn(deny) };
}
