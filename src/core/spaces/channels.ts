import { CoreError, noConversation } from "../../domain/errors.ts";
import {
  type CategoryId,
  ClientGroupId,
  type ConversationId,
  type SpaceId,
  type UserId,
} from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { textsIn } from "../../domain/moderation/rules/shown.ts";
import type { StoredCategory } from "../../domain/spaces/category.ts";
import {
  type ChannelLook,
  type ChannelProfile,
  lookOf,
  type OwnChannel,
} from "../../domain/spaces/channel.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { randomHex } from "../../lib/random.ts";
import { sha256 } from "../../lib/sha256.ts";
import { findCreatedGroup } from "../../storage/conversations/groups.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import { listCategories } from "../../storage/spaces/categories.ts";
import type { ChannelChange } from "../../storage/spaces/channel-place.ts";
import { findChannels, insertChannel, updateChannel } from "../../storage/spaces/channels.ts";
import { findOverridesOf } from "../../storage/spaces/overrides.ts";
import { listRoles } from "../../storage/spaces/roles.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayMakeChannels } from "../policies.ts";
import { counted } from "../quotas.ts";
import { fromSpace } from "./from-space.ts";
import { firstOverrides, newChannel } from "./new-channel.ts";
import { changeLook, findRights, rightsIn, tooManyDefaults } from "./overrides.ts";
import { getTarget, noRole } from "./roles.ts";
import { getSpace, type OwnSpace, requireIn, requirePermission } from "./spaces.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

/** A new channel. */
type NewChannel = {
  name: string;
  topic?: string | undefined;
  clientChannelId?: string | undefined;
  profile?: ChannelProfile | undefined;
} & {
  [Field in keyof Wanted]?: Wanted[Field] | undefined;
};

type Wanted = ChannelLook & Named & Pick<OwnChannel, "categoryId" | "isDefault">;

/** Who can read a private channel, besides its maker. */
interface Named {
  roleIds: readonly RoleId[];
  userIds: readonly UserId[];
}

/**
 * The channels of a space that the caller can read, and the categories that they see, each in their order.
 */
export interface SpaceLayout {
  channels: readonly OwnChannel[];
  categories: readonly StoredCategory[];
}

/** The channels of a space that the caller can read, in their order. @throws `not_found` */
export async function listChannels(core: Core, caller: UserId, id: SpaceId): Promise<readonly OwnChannel[]> {
  return (await getLayout(core, caller, await getSpace(core, caller, id))).channels;
}

/**
 * The channels of a space that the caller can read, and the categories in which there is one. Who may manage
 * channels sees empty categories, too: a category in which they can read none does not exist for them either.
 */
export async function getLayout(core: Core, caller: UserId, space: OwnSpace): Promise<SpaceLayout> {
  const { id } = space;
  const roleIds = space.roles.map((role) => role.id);
  const [channels, categories] = await Promise.all([
    findChannels(core.db, id, caller),
    listCategories(core.db, id),
  ]);
  // After the channels: a private one is made with its overrides.
  const overrides = await findOverridesOf(core.db, id, { userId: caller, roleIds });
  const byChannel = Map.groupBy(overrides, ({ conversationId }) => conversationId);
  const readable = channels.flatMap((channel) => {
    const own = byChannel.get(channel.id) ?? [];
    const permissions = permissionsOf(caller, space, own);
    return has(permissions, "read") ? { ...channel, ...lookOf(own), permissions } : [];
  });
  const shown = new Set(readable.map(({ categoryId }) => categoryId));
  const used = new Set(channels.map(({ categoryId }) => categoryId));
  const seesEmpty = has(space.permissions, "manage_channel");
  return {
    channels: readable.map((channel, position) => ({ ...channel, position })),
    categories: categories.filter((one) => shown.has(one.id) || (seesEmpty && !used.has(one.id))),
  };
}

/**
 * Adds a channel to a space; its maker follows it. In a private one they and whom they name can read, in an
 * announcement channel they can write. A repeat with the same `clientChannelId` gives the channel of the
 * first call, and its content is not compared.
 * @throws `not_found`, also for a role, a member and a category that the space does not have; `forbidden`,
 *   `refused`, `quota`; `conflict` for one channel too many, and for the id of one that is over
 */
export async function createChannel(
  core: Core,
  caller: UserId,
  id: SpaceId,
  wanted: NewChannel,
): Promise<{ channel: OwnChannel; created: boolean }> {
  const { name, topic, visibility = "open", kind = "text", roleIds = [], userIds = [] } = wanted;
  const { categoryId = null, isDefault = false, clientChannelId } = wanted;
  const profile = wanted.profile && core.fileOrigins.withStoredAvatar(wanted.profile);
  const space = await requirePermission(core, caller, id, "manage_channel", "make channels");
  requireMayMakeChannels(core);
  await requireOutOfShadow(core, caller);
  await requireAllowed(core, {
    ...{ group_name: name, group_text: [topic, profile?.announcement] },
    group_data: textsIn(profile?.customFields ?? {}),
  });
  const named = visibility === "private" ? { roleIds, userIds } : { roleIds: [], userIds: [] };
  // A client id is unique for its user over all groups: here it is one of this space.
  const clientGroupId =
    clientChannelId === undefined ? null : ClientGroupId.parse(sha256(`${id}/${clientChannelId}`));
  const isRepeated = clientGroupId && (await findCreatedGroup(core.db, caller, clientGroupId)) !== null;
  if (!isRepeated) {
    await requireNamed(core, space, named);
    if (categoryId !== null) await requireCategory(core, caller, space, categoryId);
  }
  const channel = newChannel(caller, { name, topic, clientGroupId, profile });
  const overrides = firstOverrides(
    { userId: caller, permissions: space.permissions },
    { visibility, kind },
    named,
  );
  const { made, created } = await counted(
    core,
    caller,
    { groups: [clientGroupId ?? randomHex()] },
    async () => {
      const row = { ...channel, categoryId, isDefault, overrides };
      const after = { name, visibility, channel_kind: kind };
      const note = noteOf(caller, "channel_created", { after });
      const inserted = await insertChannel(core.db, id, row, LIMITS.channels, note);
      if (inserted !== null) return { made: inserted, created: true };
      await getSpace(core, caller, id);
      const former = clientGroupId && (await findCreatedGroup(core.db, caller, clientGroupId));
      if (former) return { made: former, created: false };
      throw new CoreError(
        "conflict",
        `A space has at most ${LIMITS.channels} channels, of which newcomers follow ${LIMITS.defaultChannels} at most.`,
      );
    },
  );
  const found = (await listChannels(core, caller, id)).find((one) => one.id === made);
  if (!found)
    throw new CoreError("conflict", "The channel that you made with this client_channel_id is over.");
  await core.conversations.init(made, { userId: caller });
  if (named.userIds.length > 0) await core.conversations.followAll(made, { userIds: [...named.userIds] });
  if (created) tellOnlineMembers(core, id);
  return { channel: found, created };
}

/** What of a channel its space stores. Absent fields are unchanged. */
type OwnChange = {
  [Field in "categoryId" | "isDefault" | "visibility" | "kind"]?: Wanted[Field] | undefined;
};

/**
 * Puts a channel into a category, has newcomers follow it, and makes it private or open, for announcements or
 * for all: all of that, or nothing. Wants `manage_channel` in it; what changes rights wants what
 * `setOverrides` wants.
 * @throws `not_found`, also for a category that the space does not have; `forbidden`; `conflict` for one
 *   channel too many that newcomers follow; as `setOverrides`
 */
export async function changeChannel(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { categoryId, isDefault, visibility, kind }: OwnChange,
): Promise<void> {
  const placed = async (space: OwnSpace): Promise<ChannelChange> => {
    if (categoryId !== undefined && categoryId !== null)
      await requireCategory(core, caller, space, categoryId);
    const after = {
      ...(categoryId !== undefined && { category_id: categoryId }),
      ...(isDefault !== undefined && { default: isDefault }),
    };
    return { categoryId, isDefault, note: noteOf(caller, "channel_changed", { conversationId: id, after }) };
  };
  if (visibility !== undefined || kind !== undefined)
    return changeLook(core, caller, id, { visibility, kind }, placed);
  const { spaceId } = await findRights(core, caller, id);
  await fromSpace(core, caller, spaceId, async (space) => {
    const { permissions } = await rightsIn(core, caller, id, space);
    requireIn({ permissions }, "manage_channel", "change it");
    const isDone = await updateChannel(core.db, space, id, await placed(space));
    if (isDone === false) throw tooManyDefaults();
    return isDone;
  });
  tellOnlineMembers(core, spaceId);
}

/** Requires that a member sees a category. @throws `not_found` */
export async function requireCategory(
  core: Core,
  caller: UserId,
  space: OwnSpace,
  id: CategoryId,
): Promise<StoredCategory> {
  const { categories } = await getLayout(core, caller, space);
  const category = categories.find((one) => one.id === id);
  if (!category) throw new CoreError("not_found", `There is no category ${id} in this space.`);
  return category;
}

/** @throws `not_found` for a role or a member whom the space does not have */
async function requireNamed(core: Core, { id }: MemberSpace, { roleIds, userIds }: Named): Promise<void> {
  const known = roleIds.length === 0 ? [] : await listRoles(core.db, id);
  const role = roleIds.find((one) => !known.some((found) => found.id === one));
  if (role !== undefined) throw noRole(role);
  for (const userId of userIds) await getTarget(core, id, userId);
}

/**
 * Has a channel in the caller's list, or has it there no more.
 * @throws `not_found` for who may not read it, and where it is no channel; `conflict` for who owns it
 */
export async function followChannel(
  core: Core,
  caller: UserId,
  id: ConversationId,
  follows: boolean,
): Promise<void> {
  await (follows
    ? core.conversations.follow(id, { userId: caller })
    : core.conversations.unfollow(id, { userId: caller }));
}

/**
 * Has who comes into a space follow its default channels that they can read, `LIMITS.defaultChannels` at
 * most, or the first one where there are none; one that ends meanwhile is left out.
 * @param joining `named`: channels that they follow, too, before those; `isNew`: false for who was in the
 *   space before, who follows what they chose: these channels only if they follow none, as a call that was
 *   cut off may have left them
 * @returns the first of them
 */
export async function followFirst(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { named = [], isNew }: { named?: readonly ConversationId[]; isNew: boolean },
): Promise<ConversationId | null> {
  const channels = await listChannels(core, caller, id);
  const wanted = channels.filter((channel) => named.includes(channel.id));
  const defaults = channels.filter((channel) => channel.isDefault && !wanted.includes(channel));
  const followed = wanted.length + defaults.length > 0 ? [...wanted, ...defaults] : channels.slice(0, 1);
  if (isNew || !channels.some((channel) => channel.isFollowed))
    await Promise.all(
      followed.map((channel) =>
        followChannel(core, caller, channel.id, true).catch((error: unknown) => {
          if (!(error instanceof CoreError) || error.code !== noConversation().code) throw error;
        }),
      ),
    );
  return followed[0]?.id ?? null;
}
