import { findUsersByNames, noUserWithName, usersWithNames } from "../../../../core/accounts/users.ts";
import { notifyOfFriendMarks } from "../../../../core/contacts/contact-events.ts";
import { askOrAcceptFriend, type FriendWords, unfriend } from "../../../../core/contacts/friends.ts";
import type { Core } from "../../../../core/context.ts";
import type { Person } from "../../../../domain/accounts/person.ts";
import type { MeWithEmail } from "../../../../domain/accounts/user.ts";
import type { AskOutcome } from "../../../../domain/contacts/friend-state.ts";
import type { Relation } from "../../../../domain/contacts/relation.ts";
import { CoreError } from "../../../../domain/errors.ts";
import type { UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import {
  countUnreadRequests,
  type Friend,
  findFriendsInFull,
  findRequestsBetween,
  listFriendsInFull,
  markRequestsRead,
  setRemark,
} from "../../../../storage/contacts/friend-list.ts";
import { listRequests } from "../../../../storage/contacts/friends.ts";

/** A friend in the caller's list; `profile` is without what the friend's account keeps to itself. */
export interface ShownFriend extends Omit<Friend, "profile" | "hasPassword"> {
  profile: MeWithEmail;
}

/** A name that a call had no success with, and why. */
export interface FailedName {
  username: string;
  why: "unknown" | "no friend";
}

/** An open request for friendship, as one of the two sees it. */
export interface FriendApplication {
  user: Person;
  direction: "incoming" | "outgoing";
  createdAt: number;
  wording: string;
}

const BATCH_SIZE = 500;

function shown({ profile, hasPassword, ...friend }: Friend): ShownFriend {
  const { email: _, ...visible } = profile;
  // A provisioned account's birthday may be confidential: the provisioning server set it, not the user.
  return { ...friend, profile: hasPassword ? visible : { ...visible, birthday: "" } };
}

/**
 * All friends of the caller, 500 with each query.
 * @param admit is called before each query but the first
 */
export async function listAllFriends(
  core: Core,
  caller: UserId,
  admit: () => Promise<void>,
): Promise<ShownFriend[]> {
  const found: ShownFriend[] = [];
  for (let after: UserId | undefined; ; await admit()) {
    const page = await listFriendsInFull(core.db, caller, { after, limit: BATCH_SIZE });
    found.push(...page.map(shown));
    after = page.at(-1)?.profile.id;
    if (page.length < BATCH_SIZE) return found;
  }
}

/** Those of these users who are the caller's friends, and the other names: two queries for any number. */
export async function friendsByName(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<{ found: ShownFriend[]; failed: FailedName[] }> {
  const users = await findUsersByNames(core, caller, usernames);
  const friends = await findFriendsInFull(
    core.db,
    caller,
    users.map(({ id }) => id),
  );
  const ids = new Set(friends.map(({ profile }) => profile.id));
  const strangers = users.filter(({ id }) => !ids.has(id));
  return {
    found: friends.map(shown),
    failed: [
      ...unknownAmong(usernames, users),
      ...strangers.map(({ username }) => ({ username, why: "no friend" as const })),
    ],
  };
}

function unknownAmong(usernames: string[], users: Person[]): FailedName[] {
  const names = new Set(users.map(({ username }) => username));
  return [...new Set(usernames)].flatMap((username) =>
    names.has(username) ? [] : [{ username, why: "unknown" as const }],
  );
}

async function namedUser(core: Core, caller: UserId, username: string): Promise<Person> {
  const [user] = await findUsersByNames(core, caller, [username]);
  if (!user) throw noUserWithName([username]);
  return user;
}

/**
 * What each of these users is to the caller. Friendships are always of both sides.
 * @throws `forbidden` as `requireMayLookUp`
 */
export async function relationsByName(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<{ found: { username: string; relation: Relation }[]; failed: FailedName[] }> {
  const users = await usersWithNames(core, caller, usernames);
  return {
    found: users.map(({ username, relation }) => ({ username, relation })),
    failed: unknownAmong(usernames, users),
  };
}

/**
 * Asks a user for friendship, or accepts their request.
 * @throws `conflict` for a friend, and as `askOrAcceptFriend`
 */
export async function addFriendByName(
  core: Core,
  caller: UserId,
  username: string,
  words: FriendWords,
): Promise<AskOutcome> {
  const other = await namedUser(core, caller, username);
  const [friend] = await findFriendsInFull(core.db, caller, [other.id]);
  if (friend) throw new CoreError("conflict", `${username} is your friend already.`);
  return askOrAcceptFriend(core, caller, other.id, words);
}

/** Ends the friendship with each of these users. A name of no friend changes nothing. */
export async function deleteFriendsByName(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<{ deleted: string[]; failed: FailedName[] }> {
  const { found, failed } = await friendsByName(core, caller, usernames);
  for (const { profile } of found) await unfriend(core, caller, profile.id);
  return { deleted: found.map(({ profile }) => profile.username), failed };
}

/**
 * Sets what the caller calls a friend; absent: unchanged.
 * @throws `not_found` for an unknown user, `forbidden` with `missing: "friendship"` for no friend
 */
export async function updateFriendByName(
  core: Core,
  caller: UserId,
  username: string,
  { remark }: { remark?: string | undefined },
): Promise<ShownFriend> {
  const other = await namedUser(core, caller, username);
  if (remark !== undefined) await setRemark(core.db, caller, other.id, remark);
  const [friend] = await findFriendsInFull(core.db, caller, [other.id]);
  if (friend && remark !== undefined) notifyOfFriendMarks(core, caller);
  if (friend) return shown(friend);
  throw new CoreError("forbidden", `${username} is not your friend.`, { missing: "friendship" });
}

/**
 * Accepts a user's request for friendship.
 * @throws `not_found` for an unknown user, and with `missing: "application"` without a request
 */
export async function acceptByName(
  core: Core,
  caller: UserId,
  username: string,
  words: FriendWords,
): Promise<void> {
  const other = await requireRequest(core, caller, username, "incoming");
  // The request may be withdrawn meanwhile.
  await askOrAcceptFriend(core, caller, other.id, { ...words, answersOnly: true });
}

/**
 * Rejects a user's request for friendship, or withdraws the caller's own to them.
 * @throws as `acceptByName`
 */
export async function endRequestByName(
  core: Core,
  caller: UserId,
  username: string,
  direction: FriendApplication["direction"],
): Promise<void> {
  const other = await requireRequest(core, caller, username, direction);
  await unfriend(core, caller, other.id);
}

async function requireRequest(
  core: Core,
  caller: UserId,
  username: string,
  direction: FriendApplication["direction"],
): Promise<Person> {
  const other = await namedUser(core, caller, username);
  const requests = await findRequestsBetween(core.db, caller, other.id);
  if (requests[direction]) return other;
  throw new CoreError("not_found", "There is no such request for friendship.", { missing: "application" });
}

/**
 * The newest 100 open requests for friendship to the caller, and the newest 100 of theirs.
 * @returns `unread`: those to the caller since they last said that they have seen them, up to 100
 */
export async function listFriendApplications(
  core: Core,
  caller: UserId,
): Promise<{ items: FriendApplication[]; unread: number }> {
  const page = { after: undefined, limit: LIMITS.page };
  const [incoming, outgoing, unread] = await Promise.all([
    listRequests(core.db, caller, "incoming", page),
    listRequests(core.db, caller, "outgoing", page),
    countUnreadRequests(core.db, caller, LIMITS.countedRequests),
  ]);
  return {
    items: [
      ...incoming.map((request) => ({ ...request, direction: "incoming" as const })),
      ...outgoing.map((request) => ({ ...request, direction: "outgoing" as const })),
    ],
    unread,
  };
}

/** Notes that the caller has seen the requests for friendship that there are. */
export function readFriendApplications(core: Core, caller: UserId): Promise<void> {
  return markRequestsRead(core.db, caller, Date.now());
}
