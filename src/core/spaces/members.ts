import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import { type Page, type PageQuery, pageAmong, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, noConversation, refusedFor } from "../../domain/errors.ts";
import { type ConversationId, NOBODY, type SpaceId, UserId } from "../../domain/ids.ts";
import { has } from "../../domain/spaces/permission.ts";
import { type Override, permissionsOf, rankOf } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId, type SpaceRole } from "../../domain/spaces/role.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import { findNames, findUsersWithDeleted } from "../../storage/accounts/users.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import { listFollowed } from "../../storage/spaces/channels.ts";
import {
  deleteSpaceMember,
  listSpaceMembers,
  muteSpaceMember,
  type StoredSpaceMember,
} from "../../storage/spaces/members.ts";
import { listRoles as listStoredRoles } from "../../storage/spaces/roles.ts";
import { findSpace, findSpaceOf, listChannels, storeOwner } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { usersById } from "../groups/groups.ts";
import { fromSpace, requireAbove } from "./from-space.ts";
import { findRights, rightsIn } from "./overrides.ts";
import { getTarget, noMember, requireAboveMember, rolesOf } from "./roles.ts";
import { getSpace, noSpace, type OwnSpace, requireIn } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellBots, tellDevices, tellOfMember, tellOnlineMembers } from "./tell-devices.ts";

/** A member of a space. */
export interface SpaceMember {
  user: User;
  /** ms since 1970 */
  joinedAt: number;
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
  /** highest first, without `everyone` */
  roleIds: readonly RoleId[];
  nameCard: string;
}

const MemberPlace = z.tuple([z.int().nonnegative(), UserId]);

/** Members that a call looks at for those that are asked for: so many first, and so many at most. */
const [FIRST_LOOKED_AT, LOOKED_AT] = [200, 2_000];

/** Which members of a space a page has. */
type MemberQuery = PageQuery & {
  /** those with this role */
  roleId?: RoleId | undefined;
  /** those with a name that contains it, as people read it */
  text?: string | undefined;
  /** those who can read this channel, which the caller can read */
  channelId?: ConversationId | undefined;
};

/**
 * A page of the members, in the order in which they came. With a text or a channel it may have fewer than
 * `limit`, even none, and a cursor.
 * @throws `not_found`, also for a channel that the caller cannot read; `validation_failed`
 */
export async function listMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { channelId, ...query }: MemberQuery,
): Promise<Page<SpaceMember>> {
  const space = await getSpace(core, caller, id);
  if (channelId === undefined) return pageOfMembers(core, caller, id, query, null);
  if ((await findSpaceOf(core.db, channelId)) !== id) throw noConversation();
  const { overrides } = await rightsIn(core, caller, channelId, space);
  const roles = await listStoredRoles(core.db, id);
  return pageOfMembers(core, caller, id, query, readingIn(space, roles, overrides));
}

/** @param canRead those of whom it is true; null: all */
async function pageOfMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor, roleId, text }: Omit<MemberQuery, "channelId">,
  canRead: ((member: StoredSpaceMember) => boolean) | null,
): Promise<Page<SpaceMember>> {
  const sought = text === undefined ? null : comparisonForm(text);
  const isAll = canRead === null && sought === null;
  const [joinedAt, userId] = cursor === undefined ? [] : readCursor(MemberPlace, cursor);
  let after = joinedAt === undefined || userId === undefined ? undefined : { joinedAt, userId };
  const looked: StoredSpaceMember[] = [];
  const wanted = new Set<UserId>();
  for (const size of isAll ? [limit + 1] : [FIRST_LOOKED_AT, LOOKED_AT + 1 - FIRST_LOOKED_AT]) {
    const places = await listSpaceMembers(core.db, id, { after, limit: size, roleId });
    const readers = canRead ? places.filter(canRead) : places;
    const ids =
      sought === null ? readers.map((place) => place.userId) : await namedAmong(core, readers, sought);
    for (const one of ids) wanted.add(one);
    looked.push(...places);
    after = places.at(-1);
    if (wanted.size > limit || places.length < size) break;
  }
  const page = pageAmong(
    looked,
    { lookedAt: isAll ? limit : LOOKED_AT, limit },
    (member) => wanted.has(member.userId),
    (member) => [member.joinedAt, member.userId],
  );
  const ids = page.items.map((member) => member.userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return { ...page, items: page.items.map(({ userId: of, ...member }) => ({ user: userOf(of), ...member })) };
}

/** Those of these members in whose names people read a text. @param sought its comparison form */
async function namedAmong(
  core: Core,
  members: readonly StoredSpaceMember[],
  sought: string,
): Promise<UserId[]> {
  const cards = new Map(members.map(({ userId, nameCard }) => [userId, nameCard]));
  const users = await findNames(core.db, [...cards.keys()]);
  return users.flatMap(({ id, username, nickname }) =>
    comparisonForm(`${username}\n${nickname}\n${cards.get(id) ?? ""}`).includes(sought) ? id : [],
  );
}

/** Tells who can read a channel. @param overrides of the channel */
function readingIn(space: OwnSpace, roles: readonly SpaceRole[], overrides: readonly Override[]) {
  return ({ userId, roleIds }: StoredSpaceMember): boolean => {
    const own = roles.filter((role) => roleIds.includes(role.id));
    return has(permissionsOf(userId, { ...space, roles: own }, overrides), "read");
  };
}

/**
 * Who can read a channel: the roles whose members all can, highest first, and a page of the members.
 * @throws `not_found` for who cannot, and where it is no channel
 */
export async function listReaders(
  core: Core,
  caller: UserId,
  id: ConversationId,
  query: PageQuery & Pick<MemberQuery, "text">,
): Promise<{ spaceId: SpaceId; roles: SpaceRole[]; members: Page<SpaceMember> }> {
  const { spaceId, overrides } = await findRights(core, caller, id);
  const space = await getSpace(core, caller, spaceId);
  const all = await rolesOf(core, space);
  const ofRoles = overrides.filter(({ userId }) => userId === null);
  const roles = all.filter((role) => {
    const own = role.id === EVERYONE_ROLE ? [] : [role];
    return has(permissionsOf(NOBODY, { ...space, roles: own }, ofRoles), "read");
  });
  const canRead = readingIn(space, all, overrides);
  return { spaceId, roles, members: await pageOfMembers(core, caller, spaceId, query, canRead) };
}

/**
 * Makes another member the owner of the caller's space. Once this resolves, the caller has no right of an
 * owner.
 * @throws `not_found`, also for who is no member; `forbidden` unless the caller owns it; `unavailable` if a
 *   channel was not told: the new owner has all rights then, and a lease of 65 s ends those of the caller
 */
export async function transferSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  target: UserId,
): Promise<OwnSpace> {
  await fromSpace(core, caller, id, async (space) => {
    if (space.ownerId !== caller) throw refusedFor("rank", "Only the owner may hand over a space.");
    await getTarget(core, id, target);
    if (target === caller) return true;
    const note = noteOf(caller, "owner_changed", {
      ...{ userId: target, before: { owner_id: caller }, after: { owner_id: target } },
    });
    return (await storeOwner(core.db, { ...space, note }, target)) || null;
  });
  await tellChannels(core, id, await listChannels(core.db, id));
  core.securityLog.record("rights_changed", { user: target, by: caller, space: id });
  tellOnlineMembers(core, id);
  return getSpace(core, caller, id);
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
export function removeSpaceMember(core: Core, caller: UserId, id: SpaceId, target: UserId): Promise<void> {
  return removeSpaceMembers(core, caller, id, [target]);
}

/**
 * The same of several, one after the other. Channels and bots are told once, of all.
 * @throws as `removeSpaceMember`: those before are removed
 */
export async function removeSpaceMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  targets: readonly UserId[],
): Promise<void> {
  const removed: UserId[] = [];
  const concerned = new Set<ConversationId>();
  let isDue = false;
  const removeEach = async (): Promise<void> => {
    for (const target of targets) {
      const isGone = await fromSpace(core, caller, id, async (space) => {
        requireIn(space, "kick", "remove members");
        const member = await findSpace(core.db, target, id);
        if (!member) return true;
        requireAbove(caller, space, rankOf(target, member));
        const note = noteOf(caller, "member_removed", { userId: target });
        return (await deleteSpaceMember(core.db, { ...space, note }, target)) ? false : null;
      });
      // Also in a repeat: the first call may have told none of the channels.
      isDue = true;
      const followed = await listFollowed(core.db, id, target);
      for (const channel of followed) concerned.add(channel);
      if (isGone && followed.length === 0) throw noMember(target);
      removed.push(target);
    }
  };
  const failed = await removeEach().then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (isDue) await tellChannels(core, id, [...concerned]);
  for (const target of removed) {
    tellDevices(core, id, target);
    core.securityLog.record("member_removed", { user: target, by: caller, space: id });
  }
  if (removed.length > 0) tellBots(core, id);
  if (failed) throw failed.error;
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
  // Also in a repeat: the first call may have told none of the channels that the user looks at.
  await tellChannels(core, id, followed);
  if (!wasMember && followed.length === 0) return false;
  tellOfMember(core, id, userId);
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
    const note = noteOf(caller, "member_muted", { userId: target, after: { muted_until: until || null } });
    return (await muteSpaceMember(core.db, { ...space, note }, target, until)) || null;
  });
  await tellChannels(core, id, []);
  tellDevices(core, id, target);
}
