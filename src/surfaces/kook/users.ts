import { Hono } from "hono";
import { getMe, getUser } from "../../core/accounts/users.ts";
import { botOf } from "../../core/bots/known-bots.ts";
import type { SpaceMember } from "../../core/spaces/members.ts";
import type { Person } from "../../domain/accounts/person.ts";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, fieldsOf } from "../../http/fields.ts";
import { shownTime } from "../../lib/stored-time.ts";
import { authenticated } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { BODY, UserQuery } from "./schemas.ts";
import { findMembers } from "./use-cases/guilds.ts";

export const user = new Hono<CallerEnv>({ strict: false });

/** 获取当前用户信息 */
user.get("/me", authenticated, weighs("page"), async (c) => {
  const { core, caller } = c.var;
  const [me, bot] = await Promise.all([getMe(core, caller), botOf(core, caller.userId)]);
  return succeed(c, serializeMe({ ...me, bot: bot !== null }));
});

/** 获取目标用户信息, with a guild as a member of it. */
user.get("/view", authenticated, weighs("page"), async (c) => {
  const { user_id, guild_id } = checked(UserQuery, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const found = await getUser(core, caller.userId, user_id);
  if (guild_id === undefined) return succeed(c, serializeProfile(found));
  const [member] = await findMembers(core, caller.userId, guild_id, { userIds: [user_id] });
  return succeed(c, { ...serializeProfile(found), ...(member && asMember(found, member)) });
});

/**
 * 下线机器人, 上线机器人. They do nothing: a bot is online while it has a socket. Libraries call them before they
 * connect.
 */
for (const path of ["/offline", "/online"]) user.post(path, authenticated, (c) => succeed(c, {}));

/** 获取机器人在线状态 */
user.get("/get-online-status", authenticated, weighs("page"), async (c) => {
  const { online } = await getMe(c.var.core, c.var.caller);
  return succeed(c, { online, online_os: online ? ["Websocket"] : [] });
});

/** The number that tells users of one name apart: four digits. */
export function identifyNumber(id: number): string {
  return String(id % 10_000).padStart(4, "0");
}

/** A user beside a message, and in lists. @param online absent: it is not told here */
export function serializeUser({ id, username, nickname, avatar, bot, hook }: Person, online = false) {
  return {
    ...{ id: String(id), username, identify_num: identifyNumber(id), online, os: online ? "Websocket" : "" },
    ...{ status: 1, avatar, vip_avatar: avatar, banner: "", nickname: nickname || username, roles: [] },
    ...{ is_vip: false, bot: bot === true || hook !== undefined },
  };
}

/** What a guild changes in how a user is shown. */
export function asMember(
  { username, nickname }: Person,
  { joinedAt, roleIds, nameCard }: Pick<SpaceMember, "joinedAt" | "roleIds" | "nameCard">,
) {
  return { nickname: nameCard || nickname || username, joined_at: joinedAt, roles: [...roleIds] };
}

/** A user alone, as `user/view` shows them. */
function serializeProfile(user: Person & { online: boolean }) {
  const shown = serializeUser(user, user.online);
  return {
    ...shown,
    tag_info: { color: "", text: shown.bot ? "机器人" : "", bg_color: "" },
    ...{ is_sys: false, mobile_verified: true, joined_at: 0, active_time: 0 },
  };
}

/** The caller, as `user/me` shows them. */
function serializeMe(user: Person & { online: boolean; createdAt: number }) {
  return {
    ...serializeProfile(user),
    ...{ mobile_prefix: "", mobile: "", invited_count: 0, reg_time: shownTime(user.createdAt) },
  };
}
