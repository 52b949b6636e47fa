import type { Credential } from "../../domain/accounts/session.ts";
import type { Me, MeWithEmail, ProfileChange, User } from "../../domain/accounts/user.ts";
import { CoreError, invalid } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import {
  findAccountsByName,
  findMe,
  findProfilesByName,
  findUser,
  findUserByName,
  updateProfile,
} from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";

/** @throws `not_found` */
export async function getUser(core: Core, id: UserId): Promise<User> {
  const user = await findUser(core.db, id);
  if (!user) throw noUser(id);
  return user;
}

/** Whoever has exactly this username, once it is NFC: one user or none. */
export async function usersByName(core: Core, username: string): Promise<User[]> {
  const user = await findUserByName(core.db, username.normalize("NFC"));
  return user ? [user] : [];
}

/** Whoever has these usernames, once they are NFC: each once, in the order of the names. */
export async function someByName(core: Core, usernames: string[]): Promise<User[]> {
  const names = [...new Set(usernames.map((name) => name.normalize("NFC")))];
  const users = new Map((await findAccountsByName(core.db, names)).map((user) => [user.username, user]));
  return names.flatMap((name) => users.get(name) ?? []);
}

/** The same where all of them are to be there. @throws `not_found`, naming all whom there are not */
export async function allByName(core: Core, usernames: string[]): Promise<User[]> {
  return requireByName(usernames, await someByName(core, usernames));
}

/** Users who were looked up by these names. @throws `not_found`, naming all whom there are not */
export function requireByName(usernames: string[], users: User[]): User[] {
  const found = new Set(users.map(({ username }) => username));
  const missing = new Set(usernames.map((name) => name.normalize("NFC")).filter((name) => !found.has(name)));
  if (missing.size > 0) throw noUserWithName([...missing]);
  return users;
}

/** The profiles of whoever has these usernames, once they are NFC, in this order; one query whatever their number. */
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
    const { email: _, hasPassword, ...shown } = profile;
    // Whoever made the account for him may have told it in confidence.
    return hasPassword ? shown : { ...shown, birthday: "" };
  });
}

/** The caller's own profile. @throws `unauthenticated` if the account is gone */
export async function getMe(core: Core, caller: Credential): Promise<Me> {
  return (await findMe(core.db, caller.userId)) ?? throwDeleted();
}

/** Changes the caller's profile and gives it as it then is. @throws `unauthenticated` as `getMe` */
export async function changeProfile(core: Core, caller: Credential, change: ProfileChange): Promise<Me> {
  return (await updateProfile(core.db, caller.userId, change)) ?? throwDeleted();
}

/** @throws `validation_failed` where what takes two is asked with oneself, in a path */
export function requireOther(caller: UserId, other: UserId): void {
  if (caller === other) throw invalid("path.user_id", "must be somebody else");
}

/** The answer for a user who does not exist, or does not any more. */
export function noUser(id: number): CoreError {
  return new CoreError("not_found", `There is no user ${id}.`, { missing: "user" });
}

/** The same for users who were called by their names. */
export function noUserWithName(usernames: string[]): CoreError {
  return new CoreError("not_found", `There is no user ${usernames.join(", ")}.`, { missing: "user" });
}

/** What a caller is told whose account is gone. */
export function accountDeleted(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.", { gone: true });
}

function throwDeleted(): never {
  throw accountDeleted();
}
