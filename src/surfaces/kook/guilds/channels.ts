import { type Context, Hono } from "hono";
import { dissolveGroup, editGroup, requireEditable } from "../../../core/groups/groups.ts";
import {
  createCategory,
  deleteCategory,
  getChannels,
  renameCategory,
} from "../../../core/spaces/categories.ts";
import { changeChannel, createChannel, type SpaceLayout } from "../../../core/spaces/channels.ts";
import { noConversation } from "../../../domain/errors.ts";
import type { CategoryId, ConversationId, SpaceId } from "../../../domain/ids.ts";
import type { StoredCategory } from "../../../domain/spaces/category.ts";
import type { OwnChannel } from "../../../domain/spaces/channel.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas.ts";
import { getChannel } from "../use-cases/guilds.ts";
import { pageOf } from "./pages.ts";
import {
  ChannelChange,
  ChannelListing,
  ChannelRemoval,
  categoryIdOf,
  NewChannel,
  OnChannel,
} from "./schemas.ts";

/** 频道: a channel is a conversation of a space. */
export const channel = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** 获取频道列表: those that the caller can read, and the categories that they see. */
channel.on(EITHER, "/list", authenticated, weighs("page"), async (c) => {
  const { guild_id, type: _, ...listing } = checked(ChannelListing, await fieldsOf(c.req.raw, BODY));
  const layout = await getChannels(c.var.core, c.var.caller.userId, guild_id);
  return succeed(c, pageOf(serializeLayout(guild_id, layout), listing, { id: 1 }));
});

/** 获取频道详情 */
channel.on(EITHER, "/view", authenticated, weighs("page"), async (c) => {
  const { target_id } = checked(OnChannel, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  if ("category" in target_id) return succeed(c, await categoryOf(c, target_id));
  const found = await getChannel(core, caller.userId, target_id.channel);
  return succeed(c, serializeChannel(found.space, found.channel));
});

/** 创建频道: a channel, or a category. */
channel.post("/create", authenticated, weighs("page"), async (c) => {
  const { guild_id, name, is_category, parent_id } = checked(NewChannel, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  if (is_category)
    return succeed(c, serializeCategory(guild_id, await createCategory(core, caller.userId, guild_id, name)));
  const categoryId = parent_id && requireOf(guild_id, parent_id);
  const { channel: made } = await createChannel(core, caller.userId, guild_id, { name, categoryId });
  return succeed(c, serializeChannel(guild_id, made));
});

/** 编辑频道 */
channel.post("/update", authenticated, weighs("page"), async (c) => {
  const { channel_id, name, topic, slow_mode, parent_id } = checked(
    ChannelChange,
    await fieldsOf(c.req.raw, BODY),
  );
  const { core, caller } = c.var;
  if ("category" in channel_id) {
    const { guild, category } = channel_id;
    if (name === undefined) return succeed(c, await categoryOf(c, channel_id));
    return succeed(
      c,
      serializeCategory(guild, await renameCategory(core, caller.userId, guild, category, name)),
    );
  }
  const id = channel_id.channel;
  const { space, channel } = await getChannel(core, caller.userId, id);
  const categoryId = parent_id && requireOf(space, parent_id);
  const change = { name, introduction: topic ?? undefined, slowModeS: slow_mode };
  await requireEditable(core, caller.userId, id, change);
  if (categoryId !== undefined) await changeChannel(core, caller.userId, id, { categoryId });
  const edited = await editGroup(core, caller.userId, id, change);
  const shown = { name: edited.name, topic: edited.introduction, slowModeS: edited.slowModeS };
  const place = categoryId === undefined ? {} : { categoryId };
  return succeed(c, serializeChannel(space, { ...channel, ...shown, ...place }));
});

/** 删除频道. The channels of a category stay. */
channel.post("/delete", authenticated, weighs("page"), async (c) => {
  const { channel_id } = checked(ChannelRemoval, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  if ("category" in channel_id) {
    await deleteCategory(core, caller.userId, channel_id.guild, channel_id.category);
    return succeed(c, {});
  }
  await getChannel(core, caller.userId, channel_id.channel);
  await dissolveGroup(core, caller.userId, channel_id.channel);
  return succeed(c, {});
});

interface CategoryAddress {
  guild: SpaceId;
  category: CategoryId;
}

/** A category that the caller sees. @throws `not_found` */
async function categoryOf(
  { var: { core, caller } }: Context<CallerEnv>,
  { guild, category }: CategoryAddress,
): Promise<ReturnType<typeof serializeCategory>> {
  const { categories } = await getChannels(core, caller.userId, guild);
  const found = categories.find(({ id }) => id === category);
  if (!found) throw noConversation();
  return serializeCategory(guild, found);
}

/** @throws `not_found` for a category of another guild */
function requireOf(guild: SpaceId, address: CategoryAddress): CategoryId {
  if (address.guild !== guild) throw noConversation();
  return address.category;
}

/** The categories of a guild, and its channels. */
export function serializeLayout(guild: SpaceId, { categories, channels }: SpaceLayout) {
  return [
    ...categories.map((category, at) => serializeCategory(guild, category, at)),
    ...channels.map((channel, at) => serializeChannel(guild, channel, at)),
  ];
}

function serializeCategory(guild: SpaceId, { id, name }: StoredCategory, at = 0) {
  const look = { name, topic: "", ownerId: null, slowModeS: 0, categoryId: null };
  return { ...asChannel(guild, categoryIdOf(guild, id), look, at), type: 0, is_category: true };
}

/** @param at its place in the guild, from 0 */
export function serializeChannel(guild: SpaceId, { id, ...look }: Look & { id: ConversationId }, at = 0) {
  return asChannel(guild, String(id), look, at);
}

/** What this API shows of a channel. */
type Look = Pick<OwnChannel, "name" | "topic" | "ownerId" | "slowModeS"> &
  Partial<Pick<OwnChannel, "categoryId">>;

function asChannel(
  guild: SpaceId,
  id: string,
  { name, topic, ownerId, slowModeS, categoryId }: Look,
  at: number,
) {
  const maker = String(ownerId ?? 0);
  const parent_id = categoryId ? categoryIdOf(guild, categoryId) : "0";
  return {
    ...{ id, guild_id: String(guild), user_id: maker, master_id: maker, parent_id },
    // KOOK counts in ms.
    ...{ name, topic, type: 1, level: at, slow_mode: slowModeS * 1_000, limit_amount: 0 },
    ...{ is_category: false, has_password: false, permission_sync: 0 },
  };
}
