import type { User } from "../../domain/accounts/user.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findBlockedAmong } from "../../storage/contacts/blocks.ts";
import { countOnlineMembers } from "../../storage/contacts/presence.ts";
import { requireByName, someByName } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { getConversation } from "../conversations/conversations.ts";
import {
  changeMember,
  type GroupMember,
  getDescribed,
  type MemberChange,
  withUsers,
} from "../groups/groups.ts";
import { type GroupByName, ofConversation, withGroup } from "./groups.ts";

/** What became of each of those who were to be added, by their names; and the group as it then is. */
export interface AddedByName {
  group: GroupByName;
  added: string[];
  /** who was a member already */
  existed: string[];
  /** who is nobody, or stands across a block */
  failed: string[];
  /** for whom there was no place */
  overLimit: string[];
}

/**
 * Members of the group that is called so from a number on, in the order in which they joined.
 * @returns with `next`, the number from which to go on; null: there are no more
 * @throws as `inGroup`
 */
export function listMembersFrom(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  { skip, limit }: { skip: number; limit: number },
): Promise<{ items: GroupMember[]; next: number | null }> {
  return withGroup(core, group, async (id) => {
    const found = await core.conversations.members(id, { userId: caller, skip, limit: limit + 1 });
    const items = await getDescribed(core, found.slice(0, limit));
    return { items, next: found.length > limit ? skip + limit : null };
  });
}

/** The members of these names, in the order of the names; who is none is missing. @throws as `inGroup` */
export function membersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
): Promise<GroupMember[]> {
  return withGroup(core, group, async (id) => {
    const users = await someByName(core, usernames);
    const found = await core.conversations.membersByIds(id, { userId: caller, targetIds: idsOf(users) });
    return withUsers(found, users);
  });
}

/** How many members have a socket open, the caller too. @throws as `inGroup` */
export function countOnline(core: Core, caller: UserId, group: GroupAddress): Promise<number> {
  return withGroup(core, group, async (id) => {
    await core.conversations.membersByIds(id, { userId: caller, targetIds: [] });
    return countOnlineMembers(core.db, id);
  });
}

/** Adds people, each for himself. @throws as `inGroup`, `forbidden`: nobody is added then */
export function addMembersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
): Promise<AddedByName> {
  return withGroup(core, group, async (id) => {
    const people = await lookedUp(core, caller, id, usernames);
    const barred = await findBlockedAmong(core.db, caller, idsOf(people));
    const each = await core.conversations.addEach(id, { userId: caller, people, barred });
    const names = new Map(people.map((person) => [person.id, person.username]));
    const namesOf = (ids: UserId[]) => ids.flatMap((one) => names.get(one) ?? []);
    const settled = new Set(namesOf([...each.added, ...each.existed, ...each.overLimit]));
    return {
      group: ofConversation(core, await getConversation(core, caller, id)),
      added: namesOf(each.added),
      existed: namesOf(each.existed),
      failed: [...new Set(usernames)].filter((name) => !settled.has(name)),
      overLimit: namesOf(each.overLimit),
    };
  });
}

/**
 * Takes members out of a group, who are told the reason: all of them, or nobody.
 * @returns the group as it then is, and who they were
 * @throws as `inGroup`, `not_found` for who is nobody or no member, `forbidden`, also for oneself
 */
export function removeMembersByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  usernames: string[],
  reason: string,
): Promise<{ group: GroupByName; removed: string[] }> {
  return withGroup(core, group, async (id) => {
    const users = requireByName(usernames, await lookedUp(core, caller, id, usernames));
    await core.conversations.remove(id, { userId: caller, targetIds: idsOf(users), reason });
    const conversation = await getConversation(core, caller, id);
    return { group: ofConversation(core, conversation), removed: users.map(({ username }) => username) };
  });
}

/**
 * Changes what a member is in a group.
 * @param username null: the caller himself
 * @throws as `inGroup`, and as `changeMember`
 */
export function changeMemberByName(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  username: string | null,
  change: MemberChange,
): Promise<{ group: GroupByName; member: GroupMember }> {
  return withGroup(core, group, async (id) => {
    const named = username === null ? [] : [username];
    const [target] = requireByName(named, await lookedUp(core, caller, id, named));
    const member = await changeMember(core, caller, id, target?.id ?? caller, change);
    return { group: ofConversation(core, await getConversation(core, caller, id)), member };
  });
}

/** Whoever has these names, for a member of the group: who is none learns that, and nothing else. @throws `not_found` */
async function lookedUp(
  core: Core,
  caller: UserId,
  id: ConversationId,
  usernames: string[],
): Promise<User[]> {
  const [users] = await Promise.all([
    someByName(core, usernames),
    core.conversations.membersByIds(id, { userId: caller, targetIds: [] }),
  ]);
  return users;
}

function idsOf(users: User[]): UserId[] {
  return users.map(({ id }) => id);
}
