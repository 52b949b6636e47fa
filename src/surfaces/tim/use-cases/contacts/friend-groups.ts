import { notifyOfFriendMarks } from "../../../../core/contacts/contact-events.ts";
import type { Core } from "../../../../core/context.ts";
import { CoreError } from "../../../../domain/errors.ts";
import type { UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import {
  changeFriendGroup,
  deleteFriendGroup,
  type FriendGroup,
  insertFriendGroup,
  listFriendGroups,
  renameFriendGroup,
} from "../../../../storage/contacts/friend-list.ts";

export type { FriendGroup };

import { type FailedName, friendsByName } from "./friends.ts";

/** A group of friends after a change, and the users for whom the change failed. */
export interface ChangedFriendGroup {
  group: FriendGroup;
  failed: FailedName[];
}

/** The caller's groups of friends, the oldest first. */
export function listOwnFriendGroups(core: Core, caller: UserId): Promise<FriendGroup[]> {
  return listFriendGroups(core.db, caller);
}

/**
 * Makes a group of friends. Users who are no friends of the caller are not put into it.
 * @throws `conflict` if the caller has a group of that name, `forbidden` for one more than they may have
 */
export async function createFriendGroup(
  core: Core,
  caller: UserId,
  name: string,
  usernames: string[],
): Promise<ChangedFriendGroup> {
  const made = await insertFriendGroup(core.db, caller, name, { max: LIMITS.friendGroups, now: Date.now() });
  if (made === "exists") throw groupExists(name);
  if (made === "full")
    throw new CoreError(
      "forbidden",
      `You have ${LIMITS.friendGroups} groups of friends, the most there are.`,
    );
  return changeMembers(core, caller, name, usernames, true);
}

/**
 * Puts friends into a group, or takes them out of it.
 * @throws `not_found` if the caller has no group of that name
 */
export async function changeMembers(
  core: Core,
  caller: UserId,
  name: string,
  usernames: string[],
  adds: boolean,
): Promise<ChangedFriendGroup> {
  const { found, failed } = await friendsByName(core, caller, usernames);
  const ids = found.map(({ profile }) => profile.id);
  if (!(await changeFriendGroup(core.db, caller, name, { ids, adds }))) throw noGroup(name);
  notifyOfFriendMarks(core, caller);
  return { group: await groupOf(core, caller, name), failed };
}

/** Ends a group of friends, who stay friends. @returns the group as it was @throws as `changeMembers` */
export async function endFriendGroup(core: Core, caller: UserId, name: string): Promise<FriendGroup> {
  const group = await groupOf(core, caller, name);
  await deleteFriendGroup(core.db, caller, name);
  notifyOfFriendMarks(core, caller);
  return group;
}

/**
 * Gives a group of friends another name.
 * @throws as `changeMembers`, and `conflict` if the caller has a group of the new name
 */
export async function renameOwnFriendGroup(
  core: Core,
  caller: UserId,
  name: string,
  newName: string,
): Promise<FriendGroup> {
  const outcome = await renameFriendGroup(core.db, caller, name, newName);
  if (outcome === "exists") throw groupExists(newName);
  if (outcome === "unknown") throw noGroup(name);
  notifyOfFriendMarks(core, caller);
  return groupOf(core, caller, newName);
}

async function groupOf(core: Core, caller: UserId, name: string): Promise<FriendGroup> {
  const group = (await listFriendGroups(core.db, caller)).find((one) => one.name === name);
  if (!group) throw noGroup(name);
  return group;
}

function groupExists(name: string): CoreError {
  return new CoreError("conflict", `You have a group of friends called ${name}.`);
}

function noGroup(name: string): CoreError {
  return new CoreError("not_found", `You have no group of friends called ${name}.`);
}
