import { type Context, Hono } from "hono";
import { banFromSpace, liftSpaceBan } from "../../../core/spaces/bans.ts";
import { muteMember } from "../../../core/spaces/members.ts";
import type { Ban } from "../../../domain/conversations/ban.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { findMuted, listAllBans } from "../use-cases/guilds.ts";
import { serializeUser } from "../users.ts";
import { pageOf } from "./pages.ts";
import { GuildListing, NewBan, OnMute } from "./rights-schemas.ts";
import { OnGuild, Removal } from "./schemas.ts";

/** 黑名单: who is banned from a guild. */
export const blacklist = new Hono<CallerEnv>({ strict: false });

/** 获取黑名单列表 */
blacklist.on(["GET", "POST"], "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id, ...listing } = checked(GuildListing, await fieldsOf(c.req.raw, BODY));
  const bans = await listAllBans(c.var.core, c.var.caller.userId, guild_id);
  return succeed(c, pageOf(bans.map(serializeBan), listing));
});

/** 加入黑名单. Who is a member is removed. Idempotent. */
blacklist.post("/create", authenticated, weighs("page"), async (c) => {
  const { guild_id, target_id, remark = "" } = checked(NewBan, await fieldsOf(c.req.raw, BODY));
  await banFromSpace(c.var.core, c.var.caller.userId, guild_id, target_id, remark);
  return succeed(c, {});
});

/** 移除黑名单. Idempotent. */
blacklist.post("/delete", authenticated, weighs("page"), async (c) => {
  const { guild_id, target_id } = checked(Removal, await fieldsOf(c.req.raw, BODY));
  await liftSpaceBan(c.var.core, c.var.caller.userId, guild_id, target_id);
  return succeed(c, {});
});

function serializeBan({ user, reason, createdAt }: Ban) {
  return { user_id: String(user.id), created_time: createdAt, remark: reason, user: serializeUser(user) };
}

/** 服务器静音闭麦: who may not write in a guild. */
export const guildMute = new Hono<CallerEnv>({ strict: false });

/** 服务器静音闭麦列表, in both shapes: of older and of newer documents. */
guildMute.on(["GET", "POST"], "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id } = checked(OnGuild, await fieldsOf(c.req.raw, BODY));
  const user_ids = (await findMuted(c.var.core, c.var.caller.userId, guild_id)).map(String);
  const detailed = { mic: { type: 1, user_ids }, headset: { type: 2, user_ids: [] } };
  return succeed(c, { 1: user_ids, 2: [], ...detailed });
});

/** 添加服务器静音或闭麦: until it is taken back. */
guildMute.post("/create", authenticated, weighs("page"), async (c) => mute(c, LIMITS.muteSeconds));

/** 删除服务器静音或闭麦 */
guildMute.post("/delete", authenticated, weighs("page"), async (c) => mute(c, 0));

async function mute(c: Context<CallerEnv>, mutedForS: number): Promise<Response> {
  const { guild_id, user_id } = checked(OnMute, await fieldsOf(c.req.raw, BODY));
  await muteMember(c.var.core, c.var.caller.userId, guild_id, { target: user_id, mutedForS });
  return succeed(c, {});
}
