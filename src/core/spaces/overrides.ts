import { CoreError, invalid, noConversation } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { has, type PermissionBits } from "../../domain/spaces/permission.ts";
import { type Override, type OverrideTarget, permissionsOf } from "../../domain/spaces/rights.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { listOverrides as listStored, storeOverride } from "../../storage/spaces/overrides.ts";
import { findSpace, findSpaceOf } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { fromSpace, requireAbove, requireOwn } from "./from-space.ts";
import { getTarget, requireAboveMember, roleOf } from "./roles.ts";
import { requireIn } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

/** What a caller may do in a channel that they can read. */
interface ChannelRights {
  overrides: readonly Override[];
  permissions: PermissionBits;
}

/** @throws `not_found` for who may not read the channel */
async function rightsIn(
  core: Core,
  caller: UserId,
  id: ConversationId,
  space: MemberSpace,
): Promise<ChannelRights> {
  const overrides = await listStored(core.db, id);
  const permissions = permissionsOf(caller, space, overrides);
  if (!has(permissions, "read")) throw noConversation();
  return { overrides, permissions };
}

/** @throws `not_found` for who may not read the channel, also for who is in another space, or in none */
async function findRights(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<ChannelRights & { spaceId: SpaceId }> {
  const spaceId = await findSpaceOf(core.db, id);
  const space = spaceId && (await findSpace(core.db, caller, spaceId));
  if (!space) throw noConversation();
  return { ...(await rightsIn(core, caller, id, space)), spaceId: space.id };
}

/**
 * What a channel changes of the rights that its space gives, those of roles first. Wants the permission
 * `manage_channel`.
 * @throws `not_found`, `forbidden`
 */
export async function listOverrides(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<readonly Override[]> {
  const channel = await findRights(core, caller, id);
  requireIn(channel, "manage_channel", "see its overrides");
  return channel.overrides;
}

/**
 * What a member may do in a channel. Of others it is shown for the permission `manage_roles`.
 * @throws `not_found`, also for a user who is no member; `forbidden`
 */
export async function findPermissions(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<PermissionBits> {
  const channel = await findRights(core, caller, id);
  if (userId === caller) return channel.permissions;
  requireIn(channel, "manage_roles", "see what others may do");
  return permissionsOf(userId, await getTarget(core, channel.spaceId, userId), channel.overrides);
}

/**
 * Allows and denies permissions in a channel, in place of what it allowed and denied to the same role or
 * member before; null ends that. Wants `manage_channel` and `manage_roles` in it. Once this resolves, nobody
 * has a right that it takes. Idempotent.
 * @throws `not_found`, also for a role and a member whom the space does not have; `forbidden` also for a
 *   permission that the caller lacks, and for who stands above them; `conflict` for one override too many,
 *   and for who would not read the channel any more; `unavailable` if a channel was not told: the same again
 *   tells it
 */
export async function setOverride(
  core: Core,
  caller: UserId,
  id: ConversationId,
  target: OverrideTarget,
  rights: Pick<Override, "allow" | "deny"> | null,
): Promise<void> {
  const { allow, deny } = rights ?? { allow: 0, deny: 0 };
  if (allow & deny) throw invalid("body", "must not allow and deny the same permission");
  const { spaceId } = await findRights(core, caller, id);
  await fromSpace(core, caller, spaceId, async (space) => {
    const { overrides, permissions } = await rightsIn(core, caller, id, space);
    requireIn({ permissions }, "manage_channel", "change its overrides");
    requireIn({ permissions }, "manage_roles", "change its overrides");
    await requireTarget(core, caller, space, target, rights === null);
    const isIt = ({ roleId, userId }: Override) => roleId === target.roleId && userId === target.userId;
    const former = overrides.find(isIt) ?? { allow: 0, deny: 0 };
    requireOwn(permissions, (former.allow ^ allow) | (former.deny ^ deny));
    const others = overrides.filter((override) => !isIt(override));
    if (rights && others.length >= LIMITS.overrides)
      throw new CoreError("conflict", `A channel has at most ${LIMITS.overrides} overrides.`);
    if (permissionsOf(caller, space, [...others, { ...target, allow, deny }]) === 0)
      throw new CoreError("conflict", "You could not read the channel any more: allow it to yourself first.");
    return (await storeOverride(core.db, space, id, target, rights)) || null;
  });
  await tellChannels(core, spaceId, [id]);
  core.securityLog.record("rights_changed", {
    ...{ user: target.userId, by: caller, space: spaceId, conversation: id },
  });
  tellOnlineMembers(core, spaceId);
}

/**
 * Requires that the caller may change an override: also one of who has left, to end it.
 * @throws `not_found` for a role or a member whom the space does not have, `forbidden` for who stands above
 */
async function requireTarget(
  core: Core,
  caller: UserId,
  space: MemberSpace,
  { roleId, userId }: OverrideTarget,
  isEnding: boolean,
): Promise<void> {
  if (roleId !== null) requireAbove(caller, space, (await roleOf(core, space, roleId)).position);
  if (userId === null) return;
  const isGone = isEnding && (await findSpace(core.db, userId, space.id)) === null;
  if (!isGone) await requireAboveMember(core, caller, space, userId);
}
