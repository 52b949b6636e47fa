import type { Credential } from "../../domain/accounts/session.ts";
import type { Me, MeWithEmail, ProfileChange, User } from "../../domain/accounts/user.ts";
import { CoreError, invalid, noUser } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import {
  findLiveUsers,
  findLiveUsersByName,
  findMe,
  findProfilesByName,
  findUser,
  findUserByName,
  updateProfile,
} from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";

/** A user by id. @throws `not_found` */
export async function getUser(core: Core, id: UserId): Promise<User> {
  const user = await findUser(core.db, id);
  if (!user) throw noUser(id);
  return user;
}

/** The user of exactly this username, after NFC normalization: an array of one or none. */
export async function usersWithName(core: Core, username: string): Promise<User[]> {
  const user = await findUserByName(core.db, username.normalize("NFC"));
  return user ? [user] : [];
}

/**
 * The users of these usernames, after NFC normalization: each once, in the order of the names. Unknown ones
 * are missing.
 */
export async function findUsersByNames(core: Core, usernames: string[]): Promise<User[]> {
  const names = [...new Set(usernames.map((name) => name.normalize("NFC")))];
  const users = new Map((await findLiveUsersByName(core.db, names)).map((user) => [user.username, user]));
  return names.flatMap((name) => users.get(name) ?? []);
}

/** The users of these usernames, as `findUsersByNames`. @throws `not_found`, naming all unknown usernames */
export async function getUsersByNames(core: Core, usernames: string[]): Promise<User[]> {
  return requireAllFound(usernames, await findUsersByNames(core, usernames));
}

/**
 * Checks that users were found for all usernames.
 * @returns `users`
 * @throws `not_found`, naming all unknown usernames
 */
export function requireAllFound(usernames: string[], users: User[]): User[] {
  const found = new Set(users.map(({ username }) => username));
  const missing = new Set(usernames.map((name) => name.normalize("NFC")).filter((name) => !found.has(name)));
  if (missing.size > 0) throw noUserWithName([...missing]);
  return users;
}

/**
 * The profiles of these usernames, after NFC normalization, in this order: one query for any number. The
 * e-mail address is only in the caller's own.
 */
export async function profilesByName(
  core: Core,
  caller: UserId,
  usernames: string[],
): Promise<MeWithEmail[]> {
  const names = [...new Set(usernames.map((name) => name.normalize("NFC")))];
  const found = await findProfilesByName(core.db, names);
  const byName = new Map(found.map((profile) => [profile.username, profile]));
  return names.flatMap((name) => {
    const profile = byName.get(name);
    if (!profile || profile.id === caller) return profile ?? [];
    const { email: _, hasPassword, ...visible } = profile;
    // A provisioned account's birthday may be confidential: the provisioning server set it, not the user.
    return hasPassword ? visible : { ...visible, birthday: "" };
  });
}

/** The caller's own profile. @throws `unauthenticated` if the account is deleted */
export async function getMe(core: Core, caller: Credential): Promise<Me> {
  return (await findMe(core.db, caller.userId)) ?? throwDeleted();
}

/**
 * Changes the caller's profile.
 * @returns the changed profile
 * @throws `unauthenticated` as `getMe`; `rate_limited` for a sixth e-mail address within a day: whoever could
 *   set any number of addresses could find out which ones others sign in by
 */
export async function changeProfile(core: Core, caller: Credential, change: ProfileChange): Promise<Me> {
  const rule = core.timing.emailChanges;
  const changed = await updateProfile(core.db, caller.userId, change, rule);
  if (changed) return changed;
  await getMe(core, caller);
  const detail = `You have changed your e-mail address ${rule.max} times today. Try again tomorrow.`;
  throw new CoreError("rate_limited", detail, { retryAfter: rule.dayMs / 1_000 });
}

/** @throws `not_found`, naming the first unknown user */
export async function requireUsers(core: Core, ids: UserId[]): Promise<void> {
  const existing = new Set((await findLiveUsers(core.db, ids)).map((user) => user.id));
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown !== undefined) throw noUser(unknown);
}

/** @throws `validation_failed` for `path.user_id` if the two users of an operation are the same */
export function requireOther(caller: UserId, other: UserId): void {
  if (caller === other) throw invalid("path.user_id", "must be somebody else");
}

/** The `not_found` for usernames that do not exist. */
export function noUserWithName(usernames: string[]): CoreError {
  return new CoreError("not_found", `There is no user ${usernames.join(", ")}.`, { missing: "user" });
}

/** The `unauthenticated` for a caller whose account is deleted. */
export function accountDeleted(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.", { gone: true });
}

function throwDeleted(): never {
  throw accountDeleted();
}
