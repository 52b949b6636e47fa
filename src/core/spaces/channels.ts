import { CoreError, noConversation } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type ChannelLook, lookOf, type OwnChannel } from "../../domain/spaces/channel.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { randomHex } from "../../lib/random.ts";
import { findChannels, insertChannel } from "../../storage/spaces/channels.ts";
import { findOverridesOf } from "../../storage/spaces/overrides.ts";
import { listRoles } from "../../storage/spaces/roles.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayCreateGroups } from "../policies.ts";
import { counted } from "../quotas.ts";
import { firstOverrides, newChannel } from "./new-channel.ts";
import { getTarget, noRole } from "./roles.ts";
import { getSpace, requirePermission } from "./spaces.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

/** A new channel. */
type NewChannel = { name: string; topic?: string | undefined } & {
  [Field in keyof (ChannelLook & Named)]?: (ChannelLook & Named)[Field] | undefined;
};

/** Who can read a private channel, besides its maker. */
interface Named {
  roleIds: readonly RoleId[];
  userIds: readonly UserId[];
}

/** The channels of a space that the caller can read, the oldest first. @throws `not_found` */
export async function listChannels(core: Core, caller: UserId, id: SpaceId): Promise<OwnChannel[]> {
  const space = await getSpace(core, caller, id);
  const roleIds = space.roles.map((role) => role.id);
  const [channels, overrides] = await Promise.all([
    findChannels(core.db, id, caller),
    findOverridesOf(core.db, id, { userId: caller, roleIds }),
  ]);
  const byChannel = Map.groupBy(overrides, ({ conversationId }) => conversationId);
  return channels.flatMap((channel) => {
    const own = byChannel.get(channel.id) ?? [];
    const permissions = permissionsOf(caller, space, own);
    return has(permissions, "read") ? { ...channel, ...lookOf(own), permissions } : [];
  });
}

/**
 * Adds a channel to a space; its maker follows it. In a private one they and whom they name can read, in an
 * announcement channel they can write.
 * @throws `not_found`, also for a role and a member whom the space does not have; `forbidden`, `refused`,
 *   `quota`; `conflict` for one channel too many
 */
export async function createChannel(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { name, topic, visibility = "open", kind = "text", roleIds = [], userIds = [] }: NewChannel,
): Promise<OwnChannel> {
  const space = await requirePermission(core, caller, id, "manage_channel", "make channels");
  requireMayCreateGroups(core);
  await requireOutOfShadow(core, caller);
  await requireAllowed(core, { group_name: name, group_text: [topic] });
  const named = visibility === "private" ? { roleIds, userIds } : { roleIds: [], userIds: [] };
  await requireNamed(core, space, named);
  const channel = newChannel(caller, { name, topic });
  const overrides = firstOverrides(
    { userId: caller, permissions: space.permissions },
    { visibility, kind },
    named,
  );
  const made = await counted(core, caller, { groups: [randomHex()] }, async () => {
    const inserted = await insertChannel(core.db, id, { ...channel, overrides }, LIMITS.channels);
    if (inserted !== null) return inserted;
    await getSpace(core, caller, id);
    throw new CoreError("conflict", `A space has at most ${LIMITS.channels} channels.`);
  });
  await core.conversations.init(made, { userId: caller });
  tellOnlineMembers(core, id);
  const { introduction, createdAt } = channel;
  const permissions = permissionsOf(caller, space, overrides);
  return {
    ...{ id: made, name, topic: introduction, createdAt, visibility, kind, permissions },
    isFollowed: true,
  };
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

/** Has who comes into a space follow its first channel, unless that is over. @returns the channel */
export async function followFirst(core: Core, caller: UserId, id: SpaceId): Promise<ConversationId | null> {
  const [first] = await listChannels(core, caller, id);
  if (!first) return null;
  await followChannel(core, caller, first.id, true).catch((error: unknown) => {
    if (!(error instanceof CoreError) || error.code !== noConversation().code) throw error;
  });
  return first.id;
}
