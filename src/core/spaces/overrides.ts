import { CoreError, invalid, noConversation } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type ChannelLook, withLook } from "../../domain/spaces/channel.ts";
import { has, type PermissionBits, permissionsIn } from "../../domain/spaces/permission.ts";
import {
  type Override,
  type OverrideTarget,
  type PermissionReason,
  permissionsOf,
  reasonsOf,
} from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE } from "../../domain/spaces/role.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { type AuditNote, noteOf } from "../../storage/spaces/audit-notes.ts";
import type { ChannelChange } from "../../storage/spaces/channel-place.ts";
import {
  listOverrides as listStored,
  type OverrideChange,
  storeOverrides,
} from "../../storage/spaces/overrides.ts";
import { findSpace, findSpaceOf } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { fromSpace, requireAbove, requireOwn } from "./from-space.ts";
import { getTarget, requireAboveMember, roleOf } from "./roles.ts";
import { type OwnSpace, requireIn } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

/** What a caller may do in a channel that they can read. */
export interface ChannelRights {
  overrides: readonly Override[];
  permissions: PermissionBits;
}

/** What a member may do in a channel. @throws `not_found` for who may not read it */
export async function rightsIn(
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

/** The same with its space. @throws `not_found` also for who is no member, and where it is no channel */
export async function findRights(
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
 * What a member may do in a channel, and why. Of others it is shown for the permission `manage_roles`.
 * @throws `not_found`, also for a user who is no member; `forbidden`
 */
export async function findPermissions(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<PermissionReason[]> {
  const channel = await findRights(core, caller, id);
  if (userId !== caller) requireIn(channel, "manage_roles", "see what others may do");
  return reasonsOf(userId, await getTarget(core, channel.spaceId, userId), channel.overrides);
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
  if (rights && rights.allow & rights.deny)
    throw invalid("body", "must not allow and deny the same permission");
  await changeOverrides(core, caller, id, () => [{ ...target, rights }]);
}

/**
 * Makes a channel private or open, and one for announcements or for all, by the override of `everyone`. The
 * caller is allowed what is denied now, as who makes such a channel is.
 * @param placed what else changes of the channel
 * @throws as `setOverride`
 */
export async function changeLook(
  core: Core,
  caller: UserId,
  id: ConversationId,
  look: { [Field in keyof ChannelLook]?: ChannelLook[Field] | undefined },
  placed: (space: OwnSpace) => Promise<ChannelChange>,
): Promise<void> {
  const plan: OverridePlan = ({ overrides, permissions }, { ownerId }) => {
    const everyone = { roleId: EVERYONE_ROLE, userId: null };
    const before = overrideOf(overrides, everyone);
    const after = withLook(before, look);
    const denied = after.deny & ~before.deny;
    const own = { roleId: null, userId: caller };
    const { allow, deny } = overrideOf(overrides, own);
    const kept = denied & permissions;
    const isKept = kept !== 0 && caller !== ownerId;
    return [
      { ...everyone, rights: orNone(after) },
      ...(isKept ? [{ ...own, rights: { allow: allow | kept, deny: deny & ~kept } }] : []),
    ];
  };
  await changeOverrides(core, caller, id, plan, placed);
}

/** The changes of a channel as it is. */
type OverridePlan = (channel: ChannelRights, space: MemberSpace) => OverrideChange[];

/** The `conflict` for one channel too many that newcomers follow. */
export function tooManyDefaults(): CoreError {
  return new CoreError("conflict", `Newcomers follow at most ${LIMITS.defaultChannels} channels.`);
}

/** An override that changes nothing is none. */
function orNone(rights: Pick<Override, "allow" | "deny">) {
  return rights.allow === 0 && rights.deny === 0 ? null : rights;
}

/** The override of somebody. */
function overrideOf(overrides: readonly Override[], { roleId, userId }: OverrideTarget): Override {
  const none = { roleId, userId, allow: 0, deny: 0 };
  return overrides.find((one) => one.roleId === roleId && one.userId === userId) ?? none;
}

/** @throws as `setOverride` */
async function changeOverrides(
  core: Core,
  caller: UserId,
  id: ConversationId,
  plan: OverridePlan,
  placed?: (space: OwnSpace) => Promise<ChannelChange>,
): Promise<void> {
  const { spaceId } = await findRights(core, caller, id);
  const users = new Set<UserId | null>();
  await fromSpace(core, caller, spaceId, async (space) => {
    const channel = await rightsIn(core, caller, id, space);
    requireIn(channel, "manage_channel", "change its overrides");
    requireIn(channel, "manage_roles", "change its overrides");
    const changes = plan(channel, space);
    const noted = [];
    let after = channel.overrides;
    for (const { rights, ...target } of changes) {
      await requireTarget(core, caller, space, target, rights === null);
      const former = overrideOf(after, target);
      const { allow, deny } = rights ?? { allow: 0, deny: 0 };
      const isOther = former.allow !== allow || former.deny !== deny;
      requireOwn(channel.permissions, (former.allow ^ allow) | (former.deny ^ deny));
      const others = after.filter((one) => one !== former);
      if (rights && others.length >= LIMITS.overrides)
        throw new CoreError("conflict", `A channel has at most ${LIMITS.overrides} overrides.`);
      after = rights ? [...others, { ...target, allow, deny }] : others;
      users.add(target.userId);
      const note = overrideNote(caller, id, former, rights && { allow, deny });
      noted.push({ ...target, rights, ...(isOther && { note }) });
    }
    if (permissionsOf(caller, space, after) === 0)
      throw new CoreError("conflict", "You could not read the channel any more: allow it to yourself first.");
    const isStored = await storeOverrides(core.db, space, id, noted, await placed?.(space));
    if (isStored === false) throw tooManyDefaults();
    return isStored;
  });
  await tellChannels(core, spaceId, [id]);
  for (const user of users)
    core.securityLog.record("rights_changed", { user, by: caller, space: spaceId, conversation: id });
  tellOnlineMembers(core, spaceId);
}

/** What the audit log says of an override of a channel. */
function overrideNote(
  caller: UserId,
  conversationId: ConversationId,
  former: Override,
  rights: Pick<Override, "allow" | "deny"> | null,
): AuditNote {
  const shown = ({ allow, deny }: Pick<Override, "allow" | "deny">) => ({
    allow: permissionsIn(allow),
    deny: permissionsIn(deny),
  });
  const { userId, roleId } = former;
  return noteOf(caller, rights ? "override_set" : "override_ended", {
    ...{ conversationId, userId, before: shown(former) },
    ...(roleId !== null && { roleId }),
    ...(rights && { after: shown(rights) }),
  });
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
