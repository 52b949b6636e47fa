import { getUsersByNames, noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { usersById } from "../../../core/groups/groups.ts";
import { joinSpace } from "../../../core/spaces/directory.ts";
import {
  leaveSpace,
  listMembers,
  removeSpaceMember,
  type SpaceMember,
  transferSpace,
} from "../../../core/spaces/members.ts";
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
import { findUsersWithDeleted } from "../../../storage/accounts/users.ts";

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

/** The members from an index on, in the order in which they came. @throws `not_found` */
export async function membersOfCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { skip, limit, role }: { skip: number; limit: number; role?: Role | undefined },
): Promise<{ items: CommunityMember[]; next: number | null }> {
  const { ownerId } = await ofGroup(getSpace(core, caller, id));
  const all = await allOf((query) => listMembers(core, caller, id, query));
  const members = all.map((member) => ({ ...member, isOwner: member.user.id === ownerId }));
  const wanted = members.filter(({ isOwner }) => !role || role === (isOwner ? "owner" : "member"));
  return {
    items: wanted.slice(skip, skip + limit),
    next: wanted.length > skip + limit ? skip + limit : null,
  };
}

/** Removes members, one after the other. @throws as `removeSpaceMember`: those before are removed */
export async function removeFromCommunity(
  core: Core,
  caller: UserId,
  id: SpaceId,
  usernames: string[],
): Promise<Community> {
  const space = await ofGroup(getSpace(core, caller, id));
  for (const { id: target } of await getUsersByNames(core, caller, usernames))
    await ofGroup(removeSpaceMember(core, caller, id, target));
  return withOwner(core, caller, await ofGroup(getSpace(core, caller, space.id)));
}
