import { Hono } from "hono";
import { getChannels } from "../../../core/spaces/categories.ts";
import { leaveSpace, removeSpaceMember, type SpaceMember } from "../../../core/spaces/members.ts";
import { setNameCard } from "../../../core/spaces/own/membership.ts";
import { listRoles } from "../../../core/spaces/roles.ts";
import { getSpace } from "../../../core/spaces/spaces.ts";
import type { Space } from "../../../domain/spaces/space.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY, Listing } from "../schemas.ts";
import { findMembers, listAllSpaces } from "../use-cases/guilds.ts";
import { asMember, serializeUser } from "../users.ts";
import { serializeLayout } from "./channels.ts";
import { pageOf } from "./pages.ts";
import { serializeRole } from "./permissions.ts";
import { MemberListing, Naming, OnGuild, Removal } from "./schemas.ts";

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
  const [space, roles, layout] = await Promise.all([
    getSpace(core, caller.userId, id),
    listRoles(core, caller.userId, id),
    getChannels(core, caller.userId, id),
  ]);
  return succeed(c, {
    ...serializeGuild(space),
    ...{ default_channel_id: String(layout.channels[0]?.id ?? 0), user_config: {} },
    roles: roles.map(serializeRole),
    channels: serializeLayout(id, layout),
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

/** 修改服务器中用户的昵称: the caller's own without a user; none takes it away. */
guild.post("/nickname", authenticated, weighs("page"), async (c) => {
  const { guild_id, nickname, user_id } = checked(Naming, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const target = user_id ?? caller.userId;
  await setNameCard(core, caller.userId, guild_id, { target, nameCard: nickname ?? "" });
  return succeed(c, {});
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

/** The fields of a guild that are the same for all its members. */
export function serializeGuild({
  id,
  name,
  description,
  ownerId,
  avatar,
}: Pick<Space, "id" | "name" | "description" | "ownerId" | "avatar">) {
  return {
    ...{ id: String(id), name, topic: description, user_id: String(ownerId), icon: avatar },
    ...{ notify_type: NOTIFY_ALL, region: "", enable_open: 0, open_id: "0", default_channel_id: "0" },
    ...{ welcome_channel_id: "0", boost_num: 0, level: 0 },
  };
}

function serializeMember({ user, ...member }: SpaceMember) {
  return { ...serializeUser(user, user.online), active_time: 0, ...asMember(user, member) };
}
