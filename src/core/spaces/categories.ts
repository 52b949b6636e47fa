import { madeUpCategoryId } from "../../domain/data/own-ids.ts";
import { CoreError } from "../../domain/errors.ts";
import type { CategoryId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { changedFields } from "../../domain/spaces/audit.ts";
import type { StoredCategory } from "../../domain/spaces/category.ts";
import { NEW_ROW, noteOf } from "../../storage/spaces/audit-notes.ts";
import {
  deleteCategory as deleteStored,
  insertCategory,
  renameCategory as renameStored,
  storeOrder,
} from "../../storage/spaces/categories.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { getLayout, requireCategory, type SpaceLayout } from "./channels.ts";
import { fromSpace } from "./from-space.ts";
import { getSpace, requireIn } from "./spaces.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

const MANAGE = "manage categories";

/** The channels and the categories of a space that the caller sees. @throws `not_found` */
export async function getChannels(core: Core, caller: UserId, id: SpaceId): Promise<SpaceLayout> {
  return getLayout(core, caller, await getSpace(core, caller, id));
}

/**
 * Adds a category behind the others, for the permission `manage_channel`.
 * @throws `not_found`, `forbidden`, `refused`; `conflict` for one too many
 */
export async function createCategory(
  core: Core,
  caller: UserId,
  id: SpaceId,
  name: string,
): Promise<StoredCategory> {
  await requireShown(core, caller, name);
  const made = await fromSpace(core, caller, id, (space) => {
    requireIn(space, "manage_channel", MANAGE);
    const note = noteOf(caller, "category_created", { categoryId: NEW_ROW, after: { name } });
    return insertCategory(
      core.db,
      { ...space, note },
      { name, externalId: madeUpCategoryId(), most: LIMITS.categories },
    );
  });
  if (made.id === null)
    throw new CoreError("conflict", `A space has at most ${LIMITS.categories} categories.`);
  tellOnlineMembers(core, id);
  return { id: made.id, name };
}

/** Names a category, for the permission `manage_channel`. @throws `not_found`, `forbidden`, `refused` */
export async function renameCategory(
  core: Core,
  caller: UserId,
  id: SpaceId,
  category: CategoryId,
  name: string,
): Promise<StoredCategory> {
  await requireShown(core, caller, name);
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_channel", MANAGE);
    const former = await requireCategory(core, caller, space, category);
    const changed = changedFields({ name: former.name }, { name });
    const note = changed && noteOf(caller, "category_renamed", { categoryId: category, ...changed });
    return (await renameStored(core.db, { ...space, note }, category, name)) || null;
  });
  tellOnlineMembers(core, id);
  return { id: category, name };
}

/**
 * Deletes a category, for the permission `manage_channel`: its channels stay. Without one that the caller
 * sees nothing changes.
 * @throws `not_found`, `forbidden`
 */
export async function deleteCategory(
  core: Core,
  caller: UserId,
  id: SpaceId,
  category: CategoryId,
): Promise<void> {
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_channel", MANAGE);
    const { categories } = await getLayout(core, caller, space);
    const former = categories.find((one) => one.id === category);
    if (!former) return true;
    const before = { name: former.name };
    const note = noteOf(caller, "category_deleted", { categoryId: category, before });
    return (await deleteStored(core.db, { ...space, note }, category)) || null;
  });
  tellOnlineMembers(core, id);
}

/** The order that a member wants: all categories and channels that they see, by category. */
export interface NewOrder {
  categories: readonly { id: CategoryId; channelIds: readonly ConversationId[] }[];
  /** without a category */
  channelIds: readonly ConversationId[];
}

/**
 * Puts the channels of a space into an order, and into categories, for the permission `manage_channel`. What
 * the caller does not see keeps its place.
 * @throws `not_found`, `forbidden`; `conflict` unless each that they see is named once
 */
export async function orderChannels(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { categories, channelIds }: NewOrder,
): Promise<SpaceLayout> {
  const categoryIds = categories.map((category) => category.id);
  const channels = [
    ...channelIds.map((channel) => ({ id: channel, categoryId: null })),
    ...categories.flatMap((one) => one.channelIds.map((channel) => ({ id: channel, categoryId: one.id }))),
  ];
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_channel", "order channels");
    const seen = await getLayout(core, caller, space);
    if (!areSame(channels, seen.channels) || !areSame(categories, seen.categories))
      throw new CoreError("conflict", "You see other channels and categories than these: load them anew.");
    const note = noteOf(caller, "channels_ordered");
    return (await storeOrder(core.db, { ...space, note }, { categoryIds, channels })) || null;
  });
  tellOnlineMembers(core, id);
  return getChannels(core, caller, id);
}

/** Whether both have the same ids, each once. */
function areSame(some: readonly { id: number }[], others: readonly { id: number }[]): boolean {
  const ids = new Set(some.map(({ id }) => id));
  return ids.size === some.length && some.length === others.length && others.every(({ id }) => ids.has(id));
}

async function requireShown(core: Core, caller: UserId, name: string): Promise<void> {
  await requireOutOfShadow(core, caller);
  await requireAllowed(core, { group_name: name });
}
