import { type Context, Hono } from "hono";
import { listOverrides, setOverride } from "../../../core/spaces/overrides.ts";
import { invalid } from "../../../domain/errors.ts";
import type { Override } from "../../../domain/spaces/rights.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { getChannel } from "../use-cases/guilds.ts";
import { peopleNamed } from "../use-cases/messages.ts";
import { serializeUser } from "../users.ts";
import { fromKook, toKook } from "./permissions.ts";
import { OnOverride, OnOverrides } from "./rights-schemas.ts";

/** 频道角色权限: the overrides of a channel. */
export const channelRole = new Hono<CallerEnv>({ strict: false });

/** 频道角色权限详情 */
channelRole.on(["GET", "POST"], "/index", authenticated, weighs("page"), async (c) => {
  const { channel_id } = checked(OnOverrides, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const overrides = await listOverrides(core, caller.userId, channel_id);
  const ids = overrides.flatMap(({ userId }) => userId ?? []);
  const people = new Map((await peopleNamed(core, caller.userId, ids)).map((person) => [person.id, person]));
  const ofUsers = overrides.flatMap((override) => {
    const person = override.userId === null ? undefined : people.get(override.userId);
    return person ? [{ user: serializeUser(person), ...rightsOf(override) }] : [];
  });
  const ofRoles = overrides.filter(({ roleId }) => roleId !== null);
  return succeed(c, {
    permission_overwrites: ofRoles.map((override) => ({ role_id: override.roleId, ...rightsOf(override) })),
    ...{ permission_users: ofUsers, permission_sync: 0 },
  });
});

/** 创建频道角色权限: it changes nothing until it is updated. */
channelRole.post("/create", authenticated, weighs("page"), async (c) => change(c));

/** 更新频道角色权限. Only those permissions change whose bits differ. */
channelRole.post("/update", authenticated, weighs("page"), async (c) => change(c));

/** 同步频道角色权限: channels take no permissions over from categories. */
channelRole.post("/sync", authenticated, async (c) => {
  const { channel_id } = checked(OnOverrides, await fieldsOf(c.req.raw, BODY));
  await getChannel(c.var.core, c.var.caller.userId, channel_id);
  throw invalid("channel_id", "channels take no permissions over from categories here");
});

/** 删除频道角色权限. Idempotent. */
channelRole.post("/delete", authenticated, weighs("page"), async (c) => {
  const { channel_id, target } = checked(OnOverride, await fieldsOf(c.req.raw, BODY));
  await setOverride(c.var.core, c.var.caller.userId, channel_id, target, null);
  return succeed(c, {});
});

/** Sets what an override allows and denies; what is absent stays. */
async function change(c: Context<CallerEnv>): Promise<Response> {
  const { channel_id, target, allow, deny } = checked(OnOverride, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { roleId, userId } = target;
  const found = await listOverrides(core, caller.userId, channel_id);
  const former = found.find((one) => one.roleId === roleId && one.userId === userId);
  const before = { allow: former?.allow ?? 0, deny: former?.deny ?? 0 };
  const rights = {
    allow: allow === undefined ? before.allow : fromKook(before.allow, allow),
    deny: deny === undefined ? before.deny : fromKook(before.deny, deny),
  };
  await setOverride(core, caller.userId, channel_id, target, rights);
  const named = userId === null ? { role_id: roleId } : { user_id: String(userId) };
  return succeed(c, { ...named, ...rightsOf(rights) });
}

function rightsOf({ allow, deny }: Pick<Override, "allow" | "deny">) {
  return { allow: toKook(allow), deny: toKook(deny) };
}
