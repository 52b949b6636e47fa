import { getUsersByNames, noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { usersById } from "../../../core/groups/groups.ts";
import { joinSpace } from "../../../core/spaces/directory.ts";
import {
  leaveSpace,
  removeSpaceMembers,
  type SpaceMember,
  transferSpace,
} from "../../../core/spaces/members.ts";
import { setNameCard } from "../../../core/spaces/own/membership.ts";
import { noMember } from "../../../core/spaces/roles.ts";
import {
  createSpace,
  dissolveSpace,
  editSpace,
  getSpace,
  listSpaces,
  type OwnSpace,
} from "../../../core/spaces/spaces.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { allOf } from "../../../domain/conversations/pagination.ts";
import { CoreError, noConversation, nullIfNotFound } from "../../../domain/errors.ts";
import type { SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { findUsersWithDeleted } from "../../../storage/accounts/users.ts";
import {
  findSpaceMembers,
  listSpaceMembers,
  type StoredSpaceMember,
} from "../../../storage/spaces/members.ts";

/** A community with topics: a space of the caller. */
export interface Community {
  space: OwnSpace;
  owner: Person;
  /** the most members that it may have */
  capacity: number;
}

/** How a community is shown. */
interface CommunityFields {
  name: string;
  avatar?: string | undefined;
  description?: string | undefined;
  discoverable?: boolean | undefined;
}

/**
 * Runs `work` on a space.
 * @throws `not_found` of a group, for who is not in the space; as `work`
 */
export async function ofGroup<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    const isSpace = error instanceof CoreError && error.code === "not_found" && !error.data?.missing;
    throw isSpace ? noConversation() : error;
  });
}

async function withOwners(core: Core, caller: UserId, spaces: OwnSpace[]): Promise<Community[]> {
  const ids = [...new Set(spaces.map(({ ownerId }) => ownerId))];
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return spaces.map((space) => ({
    space,
    owner: userOf(space.ownerId),
    capacity: core.settings.maxSpaceMembers,
  }));
}

async function withOwner(core: Core, caller: UserId, space: OwnSpace): Promise<Community> {
  const [community] = await withOwners(core, caller, [space]);
  if (!community) throw noConversation();
  return community;
}

/** Makes a space. @throws as `createSpace` */
export async function createCommunity(
  core: Core,
  caller: UserId,
  fields: CommunityFields,
): Promise<Community> {
  return withOwner(core, caller, (await createSpace(core, caller, fields)).space);
}

/** All spaces of the caller, in the order of their own. */
export async function listCommunities(core: Core, caller: UserId): Promise<Community[]> {
  return withOwners(core, caller, await allOf((query) => listSpaces(core, caller, query)));
}

/** A space of the caller. @throws `not_found` */
export async function getCommunity(core: Core, caller: UserId, id: SpaceId): Promise<Community> {
  return withOwner(core, caller, await ofGroup(getSpace(core, caller, id)));
}

/** @throws as `editSpace` */
export async function editCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  change: { [Field in keyof CommunityFields]?: CommunityFields[Field] | undefined },
): Promise<Community> {
  return withOwner(core, caller, await ofGroup(editSpace(core, caller, id, change)));
}

/** @throws as `dissolveSpace` */
export function dismissCommunity(core: Core, caller: UserId, id: SpaceId): Promise<void> {
  return ofGroup(dissolveSpace(core, caller, id));
}

/** @throws as `leaveSpace` */
export function quitCommunity(core: Core, caller: UserId, id: SpaceId): Promise<void> {
  return ofGroup(leaveSpace(core, caller, id));
}

/** Comes into a space of the directory. @throws as `joinSpace` */
export async function joinCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
): Promise<{ state: "joined" | "member"; community: Community }> {
  const own = await getSpace(core, caller, id).catch(nullIfNotFound);
  const space = own ?? (await ofGroup(joinSpace(core, caller, id))).space;
  return { state: own ? "member" : "joined", community: await withOwner(core, caller, space) };
}

/** @throws as `transferSpace`, `not_found` for an unknown user */
export async function handOverCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  username: string,
): Promise<Community> {
  await ofGroup(getSpace(core, caller, id));
  const [successor] = await getUsersByNames(core, caller, [username]);
  if (!successor) throw noUserWithName([username]);
  return withOwner(core, caller, await ofGroup(transferSpace(core, caller, id, successor.id)));
}

/** A member of a space, and whether they own it. */
export type CommunityMember = SpaceMember & { isOwner: boolean };

/**
 * The members from an index on, in the order in which they came: of a large community among the first
 * `LIMITS.viewedMembers`. One read of members, and one of the users of the page.
 * @throws `not_found`
 */
export async function membersOfCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { skip, limit, role }: { skip: number; limit: number; role?: Role | undefined },
): Promise<{ items: CommunityMember[]; next: number | null }> {
  const { ownerId } = await ofGroup(getSpace(core, caller, id));
  const end = skip + limit;
  // One more tells that there are others, and one may be the owner, who is left out of the members.
  const range = { after: undefined, limit: Math.min(end + 2, LIMITS.viewedMembers) };
  const found =
    role === "owner"
      ? await findSpaceMembers(core.db, id, [ownerId])
      : await listSpaceMembers(core.db, id, range);
  const wanted = role === "owner" ? found : found.filter(({ userId }) => !role || userId !== ownerId);
  const page = role === "admin" ? [] : wanted.slice(skip, end);
  const items = await withUsersOf(core, caller, ownerId, page);
  return { items, next: page.length > 0 && wanted.length > end ? end : null };
}

async function withUsersOf(
  core: Core,
  caller: UserId,
  ownerId: UserId,
  members: readonly StoredSpaceMember[],
): Promise<CommunityMember[]> {
  const ids = members.map(({ userId }) => userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  return members.map(({ userId, ...member }) => ({
    ...{ ...member, user: userOf(userId), isOwner: userId === ownerId },
  }));
}

/**
 * Gives a member a name card.
 * @param username null: the caller
 * @throws as `setNameCard`, `not_found` for an unknown user
 */
export async function nameInCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  username: string | null,
  nameCard: string,
): Promise<{ community: Community; member: CommunityMember }> {
  const space = await ofGroup(getSpace(core, caller, id));
  const named = username === null ? [] : await getUsersByNames(core, caller, [username]);
  const target = named[0]?.id ?? caller;
  await ofGroup(setNameCard(core, caller, id, { target, nameCard }));
  const stored = await findSpaceMembers(core.db, id, [target]);
  const [member] = await withUsersOf(core, caller, space.ownerId, stored);
  if (!member) throw noMember(target);
  return { community: await withOwner(core, caller, space), member };
}

/** Removes members, one after the other. @throws as `removeSpaceMembers`: those before are removed */
export async function removeFromCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  usernames: string[],
): Promise<Community> {
  const space = await ofGroup(getSpace(core, caller, id));
  const targets = (await getUsersByNames(core, caller, usernames)).map((user) => user.id);
  await ofGroup(removeSpaceMembers(core, caller, id, targets));
  return withOwner(core, caller, await ofGroup(getSpace(core, caller, space.id)));
}
