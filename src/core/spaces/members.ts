import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import { type SpaceId, UserId } from "../../domain/ids.ts";
import { rankOf } from "../../domain/spaces/rights.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { listFollowed } from "../../storage/spaces/channels.ts";
import { deleteSpaceMember, listSpaceMembers, muteSpaceMember } from "../../storage/spaces/members.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";
import { fromSpace, requireAbove } from "./from-space.ts";
import { noMember, requireAboveMember } from "./roles.ts";
import { getSpace, noSpace, requireIn } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellDevices } from "./tell-devices.ts";

/** A member of a space. */
export interface SpaceMember {
  user: User;
  /** ms since 1970 */
  joinedAt: number;
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
  /** highest first, without `everyone` */
  roleIds: readonly RoleId[];
}

const MemberPlace = z.tuple([z.int().nonnegative(), UserId]);

/**
 * A page of the members, in the order in which they came.
 * @param roleId of those with it
 * @throws `not_found`, `validation_failed`
 */
export async function listMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor, roleId }: PageQuery & { roleId?: RoleId | undefined },
): Promise<Page<SpaceMember>> {
  await getSpace(core, caller, id);
  const [joinedAt, userId] = cursor === undefined ? [] : readCursor(MemberPlace, cursor);
  const after = joinedAt === undefined || userId === undefined ? undefined : { joinedAt, userId };
  const found = await listSpaceMembers(core.db, id, { after, limit: limit + 1, roleId });
  const { items, nextCursor } = pageOf(found, limit, (place) => [place.joinedAt, place.userId]);
  const ids = items.map((place) => place.userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return {
    items: items.map(({ userId, ...member }) => ({ user: userOf(userId), ...member })),
    nextCursor,
  };
}

/**
 * Ends the caller's membership. Once this resolves, they read no channel any more.
 * @throws `not_found`, `conflict` for the owner
 */
export async function leaveSpace(core: Core, caller: UserId, id: SpaceId): Promise<void> {
  const space = await findSpace(core.db, caller, id);
  if (space?.ownerId === caller)
    throw new CoreError("conflict", "The owner cannot leave a space: dissolve it instead.");
  const wasMember = await deleteSpaceMember(core.db, { id }, caller);
  if (!(await finishLeaving(core, id, caller, wasMember))) throw noSpace();
}

/**
 * Removes a member who stands below the caller, for the permission `kick`. Once this resolves, they read no
 * channel any more.
 * @throws `not_found`, also for a target who is no member; `forbidden`
 */
export async function removeSpaceMember(
  core: Core,
  caller: UserId,
  id: SpaceId,
  target: UserId,
): Promise<void> {
  const isGone = await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "kick", "remove members");
    const member = await findSpace(core.db, target, id);
    if (!member) return true;
    requireAbove(caller, space, rankOf(target, member));
    return (await deleteSpaceMember(core.db, space, target)) ? false : null;
  });
  if (!(await finishLeaving(core, id, target, !isGone))) throw noMember(target);
  core.securityLog.record("member_removed", { user: target, by: caller, space: id });
}

/**
 * Has channels end what a former member had, also what an earlier call that was cut off has left.
 * @param wasMember this call has ended the membership
 * @returns false: there was neither
 * @throws `unavailable` if a channel that the user follows was not told: the same again tells it
 */
export async function finishLeaving(
  core: Core,
  id: SpaceId,
  userId: UserId,
  wasMember: boolean,
): Promise<boolean> {
  const followed = await listFollowed(core.db, id, userId);
  if (!wasMember && followed.length === 0) return false;
  // Also in a repeat: the first call may have told none of the channels that the user looks at.
  await tellChannels(core, id, followed);
  tellDevices(core, id, userId);
  return true;
}

/**
 * Has a member who stands below the caller not write in the space for a while, for the permission `kick`.
 * @param mutedForS seconds from now; 0 ends that
 * @throws `not_found`, also for a target who is no member; `forbidden`, `unavailable` as `removeSpaceMember`
 */
export async function muteMember(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { target, mutedForS }: { target: UserId; mutedForS: number },
): Promise<void> {
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "kick", "mute members");
    await requireAboveMember(core, caller, space, target);
    const until = mutedForS === 0 ? 0 : Date.now() + mutedForS * 1_000;
    return (await muteSpaceMember(core.db, space, target, until)) || null;
  });
  await tellChannels(core, id, []);
  tellDevices(core, id, target);
}
