import { Hono } from "hono";
import { banFromSpace, liftSpaceBan } from "../../../core/spaces/bans.ts";
import type { Ban } from "../../../domain/conversations/ban.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { listAllBans } from "../use-cases/guilds.ts";
import { serializeUser } from "../users.ts";
import { pageOf } from "./pages.ts";
import { BanListing, NewBan, Removal } from "./schemas.ts";

/** 黑名单: who is banned from a guild. */
export const blacklist = new Hono<CallerEnv>({ strict: false });

/** 获取黑名单列表 */
blacklist.on(["GET", "POST"], "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id, ...listing } = checked(BanListing, await fieldsOf(c.req.raw, BODY));
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
