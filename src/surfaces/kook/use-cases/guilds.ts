import type { Core } from "../../../core/context.ts";
import { usersById } from "../../../core/groups/groups.ts";
import { listBansOfSpace } from "../../../core/spaces/bans.ts";
import { listChannels } from "../../../core/spaces/channels.ts";
import { listSpaceInvitations } from "../../../core/spaces/invitations.ts";
import type { SpaceMember } from "../../../core/spaces/members.ts";
import { findPermissions } from "../../../core/spaces/overrides.ts";
import { listRoles } from "../../../core/spaces/roles.ts";
import { getSpace, listSpaces, type OwnSpace } from "../../../core/spaces/spaces.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Ban } from "../../../domain/conversations/ban.ts";
import { allOf } from "../../../domain/conversations/pagination.ts";
import { noConversation } from "../../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { OwnChannel } from "../../../domain/spaces/channel.ts";
import type { SpaceInvitation } from "../../../domain/spaces/invitation.ts";
import { readersOf } from "../../../domain/spaces/rights.ts";
import type { RoleId } from "../../../domain/spaces/role.ts";
import { LruMap } from "../../../lib/lru-map.ts";
import { comparisonForm } from "../../../lib/text-forms.ts";
import { findUsersWithDeleted } from "../../../storage/accounts/users.ts";
import { findSpaceMembers, listMuted, listSpaceMembers } from "../../../storage/spaces/members.ts";
import { listOverrides } from "../../../storage/spaces/overrides.ts";
import { findSpaceOf } from "../../../storage/spaces/spaces.ts";

/** All spaces of the caller, in the order of their own. */
export function listAllSpaces(core: Core, caller: UserId): Promise<OwnSpace[]> {
  return allOf((query) => listSpaces(core, caller, query));
}

/** All bans of a space, the oldest first. @throws `not_found`, `forbidden` */
export function listAllBans(core: Core, caller: UserId, id: SpaceId): Promise<Ban[]> {
  return allOf((query) => listBansOfSpace(core, caller, id, query));
}

/** All invitations of a space that the caller may see. @throws `not_found`, `forbidden` */
export function listAllInvitations(core: Core, caller: UserId, id: SpaceId): Promise<SpaceInvitation[]> {
  return allOf((query) => listSpaceInvitations(core, caller, id, query));
}

/** A channel that the caller can read, and its space. @throws `not_found` for every other one */
export async function getChannel(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<{ space: SpaceId; channel: OwnChannel }> {
  // The right is asked first, so that who may not read it learns nothing of its space.
  await findPermissions(core, caller, id, caller);
  const space = await findSpaceOf(core.db, id);
  const channel = space && (await listChannels(core, caller, space)).find((one) => one.id === id);
  if (!channel) throw noConversation();
  return { space, channel };
}

/** What an isolate remembers of channels, each about 100 bytes. */
const MAX_KNOWN = 10_000;

/** The spaces of channels, which never change. */
const known = new LruMap<ConversationId, SpaceId>(() => MAX_KNOWN);

/** The space of a channel, read or not by the caller; null: it is no channel. */
export async function spaceOf(core: Core, id: ConversationId): Promise<SpaceId | null> {
  const found = known.get(id) ?? (await findSpaceOf(core.db, id));
  if (found !== null) known.set(id, found);
  return found;
}

/** Those of some users who can read a channel. @throws `not_found` unless the caller can */
export async function findReaders(
  core: Core,
  caller: UserId,
  id: ConversationId,
  userIds: readonly UserId[],
): Promise<readonly Person[]> {
  const space = await spaceOf(core, id);
  if (space === null) throw noConversation();
  const members = await findMembers(core, caller, space, { channelId: id, userIds });
  return members.map(({ user }) => user);
}

/** Which members of a space are wanted. */
interface Wanted {
  /** who can read it */
  channelId?: ConversationId | undefined;
  roleId?: RoleId | undefined;
  userIds?: readonly UserId[] | undefined;
  /** in their names */
  text?: string | undefined;
}

/**
 * The members of a space, in the order in which they came: all of them, as this API counts those who are
 * online, but of a large space the first `LIMITS.viewedMembers`. With `userIds` any member is found.
 * @throws `not_found`, also for a channel that the caller may not read, or that is of another space
 */
export async function findMembers(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { channelId, roleId, userIds, text }: Wanted,
): Promise<SpaceMember[]> {
  const space = await getSpace(core, caller, id);
  const query = { after: undefined, limit: LIMITS.viewedMembers, roleId };
  let stored = userIds
    ? await findSpaceMembers(core.db, id, userIds)
    : await listSpaceMembers(core.db, id, query);
  if (userIds && roleId !== undefined) stored = stored.filter(({ roleIds }) => roleIds.includes(roleId));
  if (channelId !== undefined) {
    const found = await getChannel(core, caller, channelId);
    if (found.space !== id) throw noConversation();
    const roles = await listRoles(core, caller, id);
    const overrides = await listOverrides(core.db, channelId);
    const readers = new Set(readersOf({ ...space, roles, overrides }, stored).map((reader) => reader.userId));
    stored = stored.filter((member) => readers.has(member.userId));
  }
  const ids = stored.map((member) => member.userId);
  const userOf = usersById(await findUsersWithDeleted(core.db, ids, caller));
  const members = stored.map(({ userId, ...member }) => ({ user: userOf(userId), ...member }));
  if (text === undefined) return members;
  const sought = comparisonForm(text);
  return members.filter(({ user, nameCard }) =>
    comparisonForm(`${nameCard}\n${user.nickname}\n${user.username}`).includes(sought),
  );
}

/** The members of a space who may not write now. @throws `not_found` */
export async function findMuted(core: Core, caller: UserId, id: SpaceId): Promise<UserId[]> {
  await getSpace(core, caller, id);
  return listMuted(core.db, id, Date.now());
}
