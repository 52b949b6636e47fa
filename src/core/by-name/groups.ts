import type { Person } from "../../domain/accounts/person.ts";
import type { Conversation, Profile } from "../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import { capacityOf, isVisibleTo } from "../../domain/conversations/group-policies.ts";
import type { JoinState } from "../../domain/conversations/join-request.ts";
import { CoreError, noConversation, noMembership } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import {
  type FoundGroup,
  findGroup,
  findGroupId,
  findOwnGroups,
} from "../../storage/conversations/groups.ts";
import { allByName, noUserWithName } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { fillEntries, getConversation } from "../conversations/conversations.ts";
import { createGroupWithRoles, type GroupOptions, type InitialMember } from "../groups/create-group.ts";
import { handOver, joinGroup } from "../groups/groups.ts";

/** Conversations that one call of an inbox gives. */
const BATCH_SIZE = 100;

/** A group: what of it whoever asks may see. */
export interface GroupByName extends Profile {
  id: ConversationId;
  owner: Person | null;
  memberCount: number;
  /** how many members it takes */
  capacity: number;
  /** as the caller sees it; null for who is not in it */
  own: Conversation | null;
}

/**
 * Does something in the group that is called so, for an API whose document tells who is not in a group from what does
 * not exist. One query of D1.
 * @throws `not_found`, missing the conversation where there is none, and the membership where `work` says that there is
 *   none for the caller
 */
export async function withGroup<T>(
  core: Core,
  name: GroupAddress,
  work: (id: ConversationId) => Promise<T>,
): Promise<T> {
  const id = await findGroupId(core.db, name);
  if (id === null) throw noConversation();
  return distinguishNotInGroup(() => work(id));
}

/** The same, where what is done gives the conversation: as a group. */
export async function groupAfter(
  core: Core,
  name: GroupAddress,
  work: (id: ConversationId) => Promise<Conversation>,
): Promise<GroupByName> {
  return ofConversation(core, await withGroup(core, name, work));
}

/** A group as the caller sees it: who is not in it sees less, and nothing where its kind has it so. @throws as `inGroup` */
export async function getGroup(core: Core, caller: UserId, name: GroupAddress): Promise<GroupByName> {
  const found = await requireGroup(core, name);
  try {
    return ofConversation(core, await getConversation(core, caller, found.id));
  } catch (error) {
    if (!isNotIn(error)) throw error;
    if (!isVisibleTo(found.profile)) throw noMembership();
    return groupAsSeen(core, found);
  }
}

/** A group as anybody sees it who looks for it. @throws `not_found`, also where only members may know of it */
export async function findGroupByAddress(core: Core, name: GroupAddress): Promise<GroupByName> {
  const found = await requireGroup(core, name);
  if (!isVisibleTo(found.profile)) throw noConversation();
  return groupAsSeen(core, found);
}

/** The groups that the caller is in, whatever their number, the newest activity first. */
export async function listGroups(core: Core, caller: UserId): Promise<GroupByName[]> {
  const ids = await findOwnGroups(core.db, caller);
  const groups: Conversation[] = [];
  for (let i = 0; i < ids.length; i += BATCH_SIZE) {
    const entries = await core.inboxes.entries(caller, {
      ids: ids.slice(i, i + BATCH_SIZE),
      evenHidden: true,
    });
    groups.push(...(await fillEntries(core, caller, entries)));
  }
  groups.sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id);
  return groups.map((group) => ofConversation(core, group));
}

/** Somebody with whom a group begins, by his name. */
export type InitialMemberByName = Omit<InitialMember, "userId"> & { username: string };

/**
 * Creates a group with people who are called by their names. @returns with whom there was no room for
 * @throws as `foundGroup`
 */
export async function createGroupByName(
  core: Core,
  caller: UserId,
  wish: GroupOptions,
  initialMembers: InitialMemberByName[],
): Promise<{ group: GroupByName; leftOut: string[] }> {
  const users = await allByName(
    core,
    initialMembers.map(({ username }) => username),
  );
  const ids = new Map(users.map(({ id, username }) => [username, id]));
  const known = initialMembers.flatMap(({ username, ...initialMember }) => {
    const userId = ids.get(username);
    return userId === undefined ? [] : [{ ...initialMember, userId }];
  });
  const { conversation, leftOut } = await createGroupWithRoles(core, caller, wish, known);
  const left = new Set(leftOut);
  const names = users.filter(({ id }) => left.has(id)).map(({ username }) => username);
  return { group: ofConversation(core, conversation), leftOut: names };
}

/** Gives the group that is called so to another member. @throws as `inGroup`, `not_found` for an unknown user, and as `handOver` */
export async function handOverByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  username: string,
): Promise<GroupByName> {
  return groupAfter(core, name, async (id) => {
    const [heir] = await allByName(core, [username]);
    if (!heir) throw noUserWithName([username]);
    return handOver(core, caller, id, heir.id);
  });
}

/** Joins the group that is called so. @throws as `inGroup`, and as `joinGroup` */
export async function joinGroupByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  message: string,
): Promise<{ state: JoinState; group: GroupByName | null }> {
  return withGroup(core, name, async (id) => {
    const state = await joinGroup(core, caller, id, message);
    if (state === "requested") return { state, group: null };
    return { state, group: ofConversation(core, await getConversation(core, caller, id)) };
  });
}

/** A conversation that is a group, as one. */
export function ofConversation(core: Core, conversation: Conversation): GroupByName {
  const capacity = capacityOf(conversation, core.settings.maxGroupMembers);
  return { ...conversation, capacity, own: conversation };
}

function groupAsSeen(core: Core, { id, profile, owner, memberCount }: FoundGroup): GroupByName {
  const capacity = capacityOf(profile, core.settings.maxGroupMembers);
  return { ...profile, id, owner, memberCount, capacity, own: null };
}

async function requireGroup(core: Core, name: GroupAddress): Promise<FoundGroup> {
  const found = await findGroup(core.db, name);
  if (!found) throw noConversation();
  return found;
}

async function distinguishNotInGroup<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNotIn(error)) throw error;
    const { code, message, data } = error;
    throw new CoreError(code, message, { ...data, missing: "membership" });
  }
}

/** The group is there: what is missing is the caller in it. */
function isNotIn(error: unknown): error is CoreError {
  return error instanceof CoreError && error.data?.missing === "conversation";
}
