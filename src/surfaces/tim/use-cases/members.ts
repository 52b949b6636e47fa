import { findUsersByNames, namedUsers, requireAllFound } from "../../../core/accounts/users.ts";
import { askingFirst } from "../../../core/contacts/message-requests.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation } from "../../../core/conversations/conversations.ts";
import { getWithOnlineCount } from "../../../core/conversations/online-count.ts";
import {
  askMembers,
  changeMember,
  countedMembers,
  type GroupMember,
  type MemberChange,
  removeMembers,
  withCurrentProfiles,
  withUsers,
} from "../../../core/groups/groups.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { isAudienceRoom } from "../../../domain/conversations/group-policies.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { findBlockedAmong } from "../../../storage/contacts/blocks.ts";
import { type GroupByName, toGroupByName, withGroup } from "./groups.ts";

/** The outcome of adding members, by username, and the group after it. */
export interface AddedByName {
  group: GroupByName;
  added: string[];
  alreadyMembers: string[];
  /** do not exist, have a block with the caller, or are asked first */
  failed: string[];
  /** found no place */
  overLimit: string[];
}

/**
 * Members of a group from an index on, in the order in which they joined.
 * @param range `role`: only members who have it
 * @returns the members, and the index of the next page; null: this is the last one
 * @throws as `withGroup`
 */
export function listMembersFrom(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  { skip, limit, role }: { skip: number; limit: number; role?: Role | undefined },
): Promise<{ items: GroupMember[]; next: number | null }> {
  return withGroup(core, caller, group, async (id) => {
    const range = { skip, limit: limit + 1, ...(role && { role }) };
    const found = await core.conversations.members(id, { userId: caller, ...range });
    const items = await withCurrentProfiles(core, caller, found.slice(0, limit));
    return { items, next: found.length > limit ? skip + limit : null };
  });
}

/**
 * The members with these usernames, in the order of the names; users who are no members are missing.
 * @throws as `withGroup`
 */
export function membersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
): Promise<GroupMember[]> {
  return withGroup(core, caller, group, async (id) => {
    const users = await namedUsers(core, caller, usernames);
    const found = await core.conversations.membersByIds(id, { userId: caller, targetIds: idsOf(users) });
    return withUsers(found, users);
  });
}

/**
 * The number of members who are online, the caller included; of those who look at an audience room, if these
 * are more.
 * @throws as `withGroup`
 * @see getWithOnlineCount
 */
export function countOnline(core: Core, caller: UserId, group: GroupAddress): Promise<number> {
  return withGroup(core, caller, group, async (id) => {
    const { onlineCount, conversation } = await getWithOnlineCount(core, caller, id);
    return Math.max(onlineCount, isAudienceRoom(conversation) ? (conversation.viewerCount ?? 0) : 0);
  });
}

/**
 * Adds users, each independently of the others. Who wants to be asked first is asked, and is not added.
 * @throws as `withGroup`, `forbidden`, `quota` for more than the caller may add today: nobody is added then
 */
export function addMembersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
): Promise<AddedByName> {
  return withGroup(core, caller, group, async (id) => {
    const people = await usersForMember(core, caller, id, usernames);
    const blockedIds = await findBlockedAmong(core.db, caller, idsOf(people));
    const asked = await askingFirst(core, caller, id, idsOf(people));
    const willing = people.filter((person) => !asked.includes(person.id));
    const wanted = idsOf(people).filter((userId) => !blockedIds.includes(userId));
    const outcome = await countedMembers(core, caller, id, wanted, () =>
      core.conversations.addEach(id, { userId: caller, people: willing, blockedIds }),
    );
    const askable = asked.filter((userId) => wanted.includes(userId));
    if (askable.length > 0) await askMembers(core, caller, id, askable);
    const names = new Map(people.map((person) => [person.id, person.username]));
    const namesOf = (ids: UserId[]) => ids.flatMap((userId) => names.get(userId) ?? []);
    const settled = new Set(namesOf([...outcome.added, ...outcome.alreadyMembers, ...outcome.overLimit]));
    return {
      group: toGroupByName(core, await getConversation(core, caller, id)),
      added: namesOf(outcome.added),
      alreadyMembers: namesOf(outcome.alreadyMembers),
      failed: [...new Set(usernames)].filter((name) => !settled.has(name)),
      overLimit: namesOf(outcome.overLimit),
    };
  });
}

/**
 * Removes members from a group, all of them or none, and notifies them with the reason.
 * @returns the group after it, and the removed usernames
 * @throws as `withGroup`, `not_found` for an unknown user or a non-member, `forbidden`, also for the caller
 *   themself
 */
export function removeMembersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
  reason: string,
): Promise<{ group: GroupByName; removed: string[] }> {
  return withGroup(core, caller, group, async (id) => {
    const users = requireAllFound(usernames, await usersForMember(core, caller, id, usernames));
    await removeMembers(core, caller, id, idsOf(users), reason);
    const conversation = await getConversation(core, caller, id);
    return { group: toGroupByName(core, conversation), removed: users.map(({ username }) => username) };
  });
}

/**
 * Changes a member of a group.
 * @param username null: the caller
 * @throws as `withGroup`, and as `changeMember`
 */
export function changeMemberByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  username: string | null,
  change: MemberChange,
): Promise<{ group: GroupByName; member: GroupMember }> {
  return withGroup(core, caller, group, async (id) => {
    const usernames = username === null ? [] : [username];
    const [target] = requireAllFound(usernames, await usersForMember(core, caller, id, usernames));
    const member = await changeMember(core, caller, id, target?.id ?? caller, change);
    return { group: toGroupByName(core, await getConversation(core, caller, id)), member };
  });
}

/**
 * Looks up usernames for a member of the group. A non-member learns only that they are none.
 * @throws `not_found`
 */
async function usersForMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  usernames: string[],
): Promise<Person[]> {
  const [users] = await Promise.all([
    findUsersByNames(core, caller, usernames),
    core.conversations.membersByIds(id, { userId: caller, targetIds: [] }),
  ]);
  return users;
}

function idsOf(users: Person[]): UserId[] {
  return users.map(({ id }) => id);
}
