import { getUsersByNames, noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation, loadConversations } from "../../../core/conversations/conversations.ts";
import {
  createGroupWithRoles,
  type GroupOptions,
  type InitialMember,
} from "../../../core/groups/create-group.ts";
import { handOver, joinGroup } from "../../../core/groups/groups.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Conversation, Profile } from "../../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import {
  canBeFound,
  capacityOf,
  isDiscoverable,
  profileForStrangers,
} from "../../../domain/conversations/group-policies.ts";
import type { JoinState } from "../../../domain/conversations/join-request.ts";
import { CoreError, noConversation, noMembership } from "../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import {
  type FoundGroup,
  findGroup,
  findGroupId,
  findOwnGroups,
  mayKnowGroup,
} from "../../../storage/conversations/groups.ts";

/** The number of conversations in one call of an inbox. */
const BATCH_SIZE = 100;

/** The part of a group that the caller may see. */
export interface GroupByName extends Profile {
  id: ConversationId;
  owner: Person | null;
  memberCount: number;
  /** the maximum number of members */
  capacity: number;
  /** the conversation as the caller sees it; null for a non-member */
  own: Conversation | null;
}

/**
 * Runs `work` on the group of an address: one query of D1. It serves APIs that distinguish a group without
 * the caller from a group that does not exist.
 * @throws `not_found`: `missing` is `conversation` if the group does not exist, and `membership` if `work`
 *   finds no conversation for the caller. A group that the caller cannot find, and was never in, does not
 *   exist for them
 */
export async function withGroup<T>(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  work: (id: ConversationId) => Promise<T>,
): Promise<T> {
  const id = await findGroupId(core.db, name);
  if (id === null) throw noConversation();
  return distinguishNotInGroup(core, caller, id, () => work(id));
}

/** As `withGroup`, for work that returns the conversation. @returns the group @throws as `withGroup` */
export async function groupAfter(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  work: (id: ConversationId) => Promise<Conversation>,
): Promise<GroupByName> {
  return toGroupByName(core, await withGroup(core, caller, name, work));
}

/** A group as the caller sees it. A stranger sees a part of a discoverable one. @throws as `withGroup` */
export async function getGroup(core: Core, caller: UserId, name: GroupAddress): Promise<GroupByName> {
  const found = await requireGroup(core, caller, name);
  try {
    return toGroupByName(core, await getConversation(core, caller, found.id));
  } catch (error) {
    if (!isNotMember(error)) throw error;
    if (isDiscoverable(found.profile)) return visibleGroup(core, found);
    throw (await mayKnowGroup(core.db, caller, found.id)) ? noMembership() : noConversation();
  }
}

/**
 * A group without the caller's membership: its whole profile for members, a part of it for strangers, if it
 * is discoverable.
 * @throws `not_found`, also for members of a kind that is never found
 */
export async function findGroupByAddress(
  core: Core,
  caller: UserId,
  name: GroupAddress,
): Promise<GroupByName> {
  const found = await requireGroup(core, caller, name);
  const isFound = found.isMember ? canBeFound(found.profile) : isDiscoverable(found.profile);
  if (!isFound) throw noConversation();
  return visibleGroup(core, found);
}

/**
 * All groups of the caller, the newest activity first.
 * @param admit is told the number of calls of the inbox, each with one query of D1, before they are made
 * @throws as `admit`
 */
export async function listGroups(
  core: Core,
  caller: UserId,
  admit: (calls: number) => Promise<void>,
): Promise<GroupByName[]> {
  const ids = await findOwnGroups(core.db, caller);
  await admit(Math.ceil(ids.length / BATCH_SIZE));
  const groups: Conversation[] = [];
  for (let i = 0; i < ids.length; i += BATCH_SIZE) {
    const entries = await core.inboxes.entries(caller, {
      ids: ids.slice(i, i + BATCH_SIZE),
      includeHidden: true,
    });
    groups.push(...(await loadConversations(core, caller, entries)));
  }
  groups.sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id);
  return groups.map((group) => toGroupByName(core, group));
}

/** An initial member by username. */
export type InitialMemberByName = Omit<InitialMember, "userId"> & { username: string };

/**
 * Creates a group with initial members by username.
 * @returns the group, and the usernames for which there was no place
 * @throws as `createGroupWithRoles`; `not_found` for an unknown username
 */
export async function createGroupByName(
  core: Core,
  caller: UserId,
  options: GroupOptions,
  initialMembers: InitialMemberByName[],
): Promise<{ group: GroupByName; leftOut: string[] }> {
  const users = await getUsersByNames(
    core,
    caller,
    initialMembers.map(({ username }) => username),
  );
  const ids = new Map(users.map(({ id, username }) => [username, id]));
  const known = initialMembers.flatMap(({ username, ...initialMember }) => {
    const userId = ids.get(username);
    return userId === undefined ? [] : [{ ...initialMember, userId }];
  });
  const { conversation, leftOut } = await createGroupWithRoles(core, caller, options, known);
  const leftOutIds = new Set(leftOut);
  const names = users.filter(({ id }) => leftOutIds.has(id)).map(({ username }) => username);
  return { group: toGroupByName(core, conversation), leftOut: names };
}

/**
 * Makes another member the owner of a group.
 * @throws as `withGroup`, `not_found` for an unknown user, and as `handOver`
 */
export async function handOverByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  username: string,
): Promise<GroupByName> {
  return groupAfter(core, caller, name, async (id) => {
    const [successor] = await getUsersByNames(core, caller, [username]);
    if (!successor) throw noUserWithName([username]);
    return handOver(core, caller, id, successor.id);
  });
}

/** Joins a group. @throws as `withGroup`, and as `joinGroup` */
export async function joinGroupByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  message: string,
): Promise<{ state: JoinState; group: GroupByName | null }> {
  return withGroup(core, caller, name, async (id) => {
    const state = await joinGroup(core, caller, id, message);
    if (state === "requested") return { state, group: null };
    return { state, group: toGroupByName(core, await getConversation(core, caller, id)) };
  });
}

/** The group view of a conversation that the caller is in. */
export function toGroupByName(core: Core, conversation: Conversation): GroupByName {
  const capacity = capacityOf(conversation, core.settings.maxGroupMembers);
  return { ...conversation, capacity, own: conversation };
}

function visibleGroup(core: Core, { id, profile, owner, memberCount, isMember }: FoundGroup): GroupByName {
  const shown = isMember ? profile : profileForStrangers(profile);
  const capacity = capacityOf(profile, core.settings.maxGroupMembers);
  return { ...shown, id, owner, memberCount, capacity, own: null };
}

async function requireGroup(core: Core, caller: UserId, name: GroupAddress): Promise<FoundGroup> {
  const found = await findGroup(core.db, caller, name);
  if (!found) throw noConversation();
  return found;
}

/**
 * Runs `work` on a conversation that D1 has.
 * @throws `not_found` with `missing: "membership"` for callers who may know of the group. For others the
 *   error equals that of an unknown group
 */
export async function distinguishNotInGroup<T>(
  core: Core,
  caller: UserId,
  id: ConversationId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNotMember(error)) throw error;
    const { code, message, data } = error;
    if (await mayKnowGroup(core.db, caller, id)) {
      throw new CoreError(code, message, { ...data, missing: "membership" });
    }
    throw noConversation();
  }
}

/**
 * The caller has found the group in D1 before, so a missing conversation means that the caller is no member.
 */
function isNotMember(error: unknown): error is CoreError {
  return error instanceof CoreError && error.data?.missing === "conversation";
}
