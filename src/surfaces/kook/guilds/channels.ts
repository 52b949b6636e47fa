import { Hono } from "hono";
import { dissolveGroup, editGroup } from "../../../core/groups/groups.ts";
import { createChannel, listChannels } from "../../../core/spaces/channels.ts";
import type { SpaceId } from "../../../domain/ids.ts";
import type { OwnChannel } from "../../../domain/spaces/channel.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { getChannel } from "../use-cases/guilds.ts";
import { pageOf } from "./pages.ts";
import { ChannelChange, ChannelListing, ChannelRemoval, NewChannel, OnChannel } from "./schemas.ts";

/** 频道: a channel is a conversation of a space. */
export const channel = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** 获取频道列表: those that the caller can read. */
channel.on(EITHER, "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id, type: _, ...listing } = checked(ChannelListing, await fieldsOf(c.req.raw, BODY));
  const found = await listChannels(c.var.core, c.var.caller.userId, guild_id);
  const items = found.map((one, at) => serializeChannel(guild_id, one, at));
  return succeed(c, pageOf(items, listing, { id: 1 }));
});

/** 获取频道详情 */
channel.on(EITHER, "/view", authenticated, weighs("page"), async (c) => {
  const { target_id } = checked(OnChannel, await fieldsOf(c.req.raw, BODY));
  const found = await getChannel(c.var.core, c.var.caller.userId, target_id);
  return succeed(c, serializeChannel(found.space, found.channel));
});

/** 创建频道 */
channel.post("/create", authenticated, weighs("page"), async (c) => {
  const { guild_id, name } = checked(NewChannel, await fieldsOf(c.req.raw, BODY));
  const { channel: made } = await createChannel(c.var.core, c.var.caller.userId, guild_id, { name });
  return succeed(c, serializeChannel(guild_id, made));
});

/** 编辑频道 */
channel.post("/update", authenticated, weighs("page"), async (c) => {
  const { channel_id, name, topic, slow_mode } = checked(ChannelChange, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { space, channel } = await getChannel(core, caller.userId, channel_id);
  const change = { name, introduction: topic ?? undefined, slowModeS: slow_mode };
  const edited = await editGroup(core, caller.userId, channel_id, change);
  const shown = { name: edited.name, topic: edited.introduction, slowModeS: edited.slowModeS };
  return succeed(c, serializeChannel(space, { ...channel, ...shown }));
});

/** 删除频道 */
channel.post("/delete", authenticated, weighs("page"), async (c) => {
  const { channel_id } = checked(ChannelRemoval, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  await getChannel(core, caller.userId, channel_id);
  await dissolveGroup(core, caller.userId, channel_id);
  return succeed(c, {});
});

/** @param at its place in the guild, from 0 */
export function serializeChannel(
  guild: SpaceId,
  {
    id,
    name,
    topic,
    ownerId,
    slowModeS,
  }: Pick<OwnChannel, "id" | "name" | "topic" | "ownerId" | "slowModeS">,
  at = 0,
) {
  const maker = String(ownerId ?? 0);
  return {
    ...{ id: String(id), guild_id: String(guild), user_id: maker, master_id: maker, parent_id: "0" },
    // KOOK counts in ms.
    ...{ name, topic, type: 1, level: at, slow_mode: slowModeS * 1_000, limit_amount: 0 },
    ...{ is_category: false, has_password: false, permission_sync: 0 },
  };
}
