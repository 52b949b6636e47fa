import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import { type SpaceId, UserId } from "../../domain/ids.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { listFollowed } from "../../storage/spaces/channels.ts";
import { deleteSpaceMember, listSpaceMembers } from "../../storage/spaces/members.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";
import { getSpace, noSpace, requirePermission } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellDevices } from "./tell-devices.ts";

/** A member of a space. */
export interface SpaceMember {
  user: User;
  /** ms since 1970 */
  joinedAt: number;
}

const MemberPlace = z.tuple([z.int().nonnegative(), UserId]);

/** A page of the members, in the order in which they came. @throws `not_found`, `validation_failed` */
export async function listMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor }: PageQuery,
): Promise<Page<SpaceMember>> {
  await getSpace(core, caller, id);
  const [joinedAt, userId] = cursor === undefined ? [] : readCursor(MemberPlace, cursor);
  const after = joinedAt === undefined || userId === undefined ? undefined : { joinedAt, userId };
  const found = await listSpaceMembers(core.db, id, { after, limit: limit + 1 });
  const { items, nextCursor } = pageOf(found, limit, (place) => [place.joinedAt, place.userId]);
  const ids = items.map((place) => place.userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return {
    items: items.map((place) => ({ user: userOf(place.userId), joinedAt: place.joinedAt })),
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
  if (!(await endMembership(core, id, caller))) throw noSpace();
}

/**
 * Removes a member. Once this resolves, they read no channel any more.
 * @throws `not_found`, also for a target who is no member; `forbidden`
 */
export async function removeSpaceMember(
  core: Core,
  caller: UserId,
  id: SpaceId,
  target: UserId,
): Promise<void> {
  const { ownerId } = await requirePermission(core, caller, id, "kick", "remove members");
  if (target === ownerId) throw refusedFor(target === caller ? "self" : "rank", "Nobody removes the owner.");
  if (!(await endMembership(core, id, target)))
    throw new CoreError("not_found", `There is no member ${target} in this space.`, { missing: "member" });
  core.securityLog.record("member_removed", { user: target, by: caller, space: id });
}

/**
 * Ends a membership, or what is left of one where an earlier call was cut off.
 * @returns false: there was neither
 * @throws `unavailable` if a channel that the user follows was not told: the same again tells it
 */
async function endMembership(core: Core, id: SpaceId, userId: UserId): Promise<boolean> {
  const wasMember = await deleteSpaceMember(core.db, id, userId);
  const followed = await listFollowed(core.db, id, userId);
  if (!wasMember && followed.length === 0) return false;
  // Also in a repeat: the first call may have told none of the channels that the user looks at.
  await tellChannels(core, id, followed);
  tellDevices(core, id, userId);
  return true;
}
