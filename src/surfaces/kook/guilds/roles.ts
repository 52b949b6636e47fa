import { type Context, Hono } from "hono";
import {
  changeRole,
  createRole,
  deleteRole,
  listRoles,
  noRole,
  setMemberRole,
} from "../../../core/spaces/roles.ts";
import type { SpaceId } from "../../../domain/ids.ts";
import type { SpaceRole } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { findMembers } from "../use-cases/guilds.ts";
import { pageOf } from "./pages.ts";
import { fromKook, serializeRole } from "./permissions.ts";
import { GuildListing, MemberRole, NewRole, OnRole, RoleChange } from "./rights-schemas.ts";

type Call = Context<CallerEnv>;

/** 服务器角色权限 */
export const guildRole = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** 获取服务器角色列表 */
guildRole.on(EITHER, "/list", authenticated, weighs("page"), async (c) => succeed(c, await listPage(c)));

/** The same for an older library: only the items. */
guildRole.get("/index", authenticated, weighs("page"), async (c) => succeed(c, (await listPage(c)).items));

async function listPage(c: Call) {
  const { guild_id, ...listing } = checked(GuildListing, await fieldsOf(c.req.raw, BODY));
  const roles = await listRoles(c.var.core, c.var.caller.userId, guild_id);
  const { meta, ...page } = pageOf(roles.map(serializeRole), listing);
  // A library looks for the number of pages by this name, and ends with it alone.
  return { ...page, meta: { ...meta, total_page: meta.page_total } };
}

/** 创建服务器角色: it gives nothing yet. */
guildRole.post("/create", authenticated, weighs("page"), async (c) => {
  const { guild_id, name } = checked(NewRole, await fieldsOf(c.req.raw, BODY));
  const fields = { name, color: null, permissions: 0, mentionable: false, hoist: false };
  return succeed(
    c,
    await shown(c, guild_id, await createRole(c.var.core, c.var.caller.userId, guild_id, fields)),
  );
});

/** 更新服务器角色. Only those permissions change whose bits differ. */
guildRole.post("/update", authenticated, weighs("page"), async (c) => {
  const { guild_id, role_id, permissions, name, color, hoist, mentionable } = checked(
    RoleChange,
    await fieldsOf(c.req.raw, BODY),
  );
  const { core, caller } = c.var;
  const before = (await listRoles(core, caller.userId, guild_id)).find(({ id }) => id === role_id);
  if (!before) throw noRole(role_id);
  const wanted = permissions === undefined ? undefined : fromKook(before.permissions, permissions);
  // Libraries send all fields, also of `everyone`, which keeps its name.
  const changed = <Value>(value: Value | undefined, now: Value) => (value === now ? undefined : value);
  const change = {
    ...{ name: changed(name, before.name), color: changed(color, before.color), permissions: wanted },
    ...{ hoist: changed(hoist, before.hoist), mentionable: changed(mentionable, before.mentionable) },
  };
  return succeed(
    c,
    await shown(c, guild_id, await changeRole(core, caller.userId, guild_id, role_id, change)),
  );
});

/** 删除服务器角色 */
guildRole.post("/delete", authenticated, weighs("page"), async (c) => {
  const { guild_id, role_id } = checked(OnRole, await fieldsOf(c.req.raw, BODY));
  await deleteRole(c.var.core, c.var.caller.userId, guild_id, role_id);
  return succeed(c, {});
});

/** 赋予用户角色 */
guildRole.post("/grant", authenticated, weighs("page"), async (c) => setRole(c, true));

/** 删除用户角色 */
guildRole.post("/revoke", authenticated, weighs("page"), async (c) => setRole(c, false));

async function setRole(c: Call, isGiven: boolean): Promise<Response> {
  const { guild_id, user_id, role_id } = checked(MemberRole, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  await setMemberRole(core, caller.userId, guild_id, { target: user_id, roleId: role_id, isGiven });
  const [member] = await findMembers(core, caller.userId, guild_id, { userIds: [user_id] });
  return succeed(c, { user_id: String(user_id), guild_id: String(guild_id), roles: member?.roleIds ?? [] });
}

/** A role at its place in the list. */
async function shown(c: Call, guild: SpaceId, role: SpaceRole) {
  const roles = await listRoles(c.var.core, c.var.caller.userId, guild);
  return serializeRole(
    role,
    roles.findIndex(({ id }) => id === role.id),
  );
}
