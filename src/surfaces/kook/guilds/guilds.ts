import { Hono } from "hono";
import { listChannels } from "../../../core/spaces/channels.ts";
import { leaveSpace, removeSpaceMember, type SpaceMember } from "../../../core/spaces/members.ts";
import { listRoles } from "../../../core/spaces/roles.ts";
import { getSpace } from "../../../core/spaces/spaces.ts";
import { invalid } from "../../../domain/errors.ts";
import { ALL, has, type Permission, type PermissionBits } from "../../../domain/spaces/permission.ts";
import { EVERYONE_ROLE, type SpaceRole } from "../../../domain/spaces/role.ts";
import type { Space } from "../../../domain/spaces/space.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY, Listing } from "../schemas.ts";
import { findMembers, listAllSpaces } from "../use-cases/guilds.ts";
import { serializeUser } from "../users.ts";
import { serializeChannel } from "./channels.ts";
import { pageOf } from "./pages.ts";
import { MemberListing, OnGuild, Removal } from "./schemas.ts";

/** 服务器: a guild is a space. */
export const guild = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** 获取当前用户加入的服务器列表 */
guild.on(EITHER, "/list", authenticated, weighs("page"), async (c) => {
  const listing = checked(Listing, await fieldsOf(c.req.raw, BODY));
  const spaces = await listAllSpaces(c.var.core, c.var.caller.userId);
  return succeed(c, pageOf(spaces.map(serializeGuild), listing, { id: 1 }));
});

/** 获取服务器详情, with the roles, and the channels that the caller can read. */
guild.on(EITHER, "/view", authenticated, weighs("page"), async (c) => {
  const { guild_id: id } = checked(OnGuild, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const [space, roles, channels] = await Promise.all([
    getSpace(core, caller.userId, id),
    listRoles(core, caller.userId, id),
    listChannels(core, caller.userId, id),
  ]);
  return succeed(c, {
    ...serializeGuild(space),
    ...{ default_channel_id: String(channels[0]?.id ?? 0), user_config: {} },
    roles: roles.map(serializeRole),
    channels: channels.map((channel, at) => serializeChannel(id, channel, at)),
  });
});

/** 获取服务器中的用户列表, with how many of them are online. */
guild.on(EITHER, "/user-list", authenticated, weighs("page"), async (c) => {
  const { guild_id, channel_id, role_id, filter_user_id, search, joined_at, ...listing } = checked(
    MemberListing,
    await fieldsOf(c.req.raw, BODY),
  );
  const members = await findMembers(c.var.core, c.var.caller.userId, guild_id, {
    ...{ channelId: channel_id, roleId: role_id, userIds: filter_user_id && [filter_user_id], text: search },
  });
  const online = members.filter(({ user }) => user.online).length;
  const sorted = joined_at === 0 ? members.toReversed() : members;
  return succeed(c, {
    ...pageOf(sorted.map(serializeMember), listing),
    ...{ user_count: members.length, online_count: online, offline_count: members.length - online },
  });
});

/** 修改服务器中用户的昵称: members of a space have no names of their own there. */
guild.post("/nickname", authenticated, async (c) => {
  const { guild_id } = checked(OnGuild, await fieldsOf(c.req.raw, BODY));
  await getSpace(c.var.core, c.var.caller.userId, guild_id);
  throw invalid("nickname", "members have no names of their own in a guild here");
});

/** 离开服务器 */
guild.post("/leave", authenticated, weighs("page"), async (c) => {
  const { guild_id } = checked(OnGuild, await fieldsOf(c.req.raw, BODY));
  await leaveSpace(c.var.core, c.var.caller.userId, guild_id);
  return succeed(c, {});
});

/** 踢出服务器 */
guild.post("/kickout", authenticated, weighs("page"), async (c) => {
  const { guild_id, target_id } = checked(Removal, await fieldsOf(c.req.raw, BODY));
  await removeSpaceMember(c.var.core, c.var.caller.userId, guild_id, target_id);
  return succeed(c, {});
});

/** All notifications; a bot is shown the level of nobody. */
const NOTIFY_ALL = 1;

function serializeGuild({ id, name, description, ownerId, avatar }: Space) {
  return {
    ...{ id: String(id), name, topic: description, user_id: String(ownerId), icon: avatar },
    ...{ notify_type: NOTIFY_ALL, region: "", enable_open: 0, open_id: "0", default_channel_id: "0" },
    ...{ welcome_channel_id: "0", boost_num: 0, level: 0 },
  };
}

/** KOOK sorts roles upwards: `everyone`, which is below all, has this position. */
const LAST = 999;

function serializeRole({ id, name, color, permissions }: SpaceRole, at: number) {
  return {
    ...{ role_id: id, name, color: color === null ? 0 : Number.parseInt(color.slice(1), 16) },
    ...{ position: id === EVERYONE_ROLE ? LAST : at + 1, hoist: 0, mentionable: 0 },
    permissions: toKook(permissions),
  };
}

function serializeMember({ user, joinedAt, roleIds }: SpaceMember) {
  return { ...serializeUser(user, user.online), joined_at: joinedAt, active_time: 0, roles: [...roleIds] };
}

/** What each bit of KOOK means here; of several permissions the first one is shown. Others mean nothing. */
const BITS: readonly (readonly [bit: number, ...permissions: Permission[]])[] = [
  [1, "manage_space"],
  [2, "see_audit"],
  [3, "invite"],
  [4, "manage_space"],
  [5, "manage_channel"],
  [6, "kick"],
  [7, "ban"],
  [10, "manage_roles"],
  [11, "read"],
  [12, "write", "threads"],
  [13, "manage_messages", "pin"],
  [14, "files"],
  [17, "mention_all"],
  [18, "reactions"],
  [19, "reactions"],
];

/** The bit of KOOK that means all of them. */
const ADMIN = 1;

/** Permissions as KOOK's number. */
function toKook(permissions: PermissionBits): number {
  if (permissions === ALL) return BITS.reduce((bits, [bit]) => bits | (1 << bit), ADMIN);
  return BITS.reduce((bits, [bit, first]) => bits | (first && has(permissions, first) ? 1 << bit : 0), 0);
}
