import { z } from "zod";
import {
  findAccountsByName,
  findMe,
  findProfilesByName,
  findUser,
  findUserByName,
  updateProfile,
} from "../storage/users.ts";
import type { Core } from "./core.ts";
import { CoreError, invalid } from "./errors.ts";
import type { UserId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Person } from "./message.ts";
import type { Credential } from "./sessions.ts";
import { exceedsBytes, textUpTo } from "./text.ts";

/** What happens when somebody asks for friendship: agreed at once, asked, refused. */
export const FriendPolicy = z.enum(["allow", "approve", "deny"]);
export type FriendPolicy = z.infer<typeof FriendPolicy>;

const USERNAME_LENGTH = 128;

/** A name as it is stored and looked up: NFC, 1–128 code points, no control characters, no `/`. */
export const Username = textUpTo(USERNAME_LENGTH)
  .normalize("NFC")
  // Which makes some longer.
  .pipe(textUpTo(USERNAME_LENGTH))
  .refine((text) => /^[^\p{Cc}/]+$/u.test(text), 'must not be empty, nor hold control characters or "/"');

/** A user as others see him. */
export interface User extends Person {
  /** has an open socket */
  online: boolean;
}

/** A name as whoever registers himself may choose it: 2–32 letters of any script, digits, `_ . -`. */
export const OWN_NAME = /^[\p{L}\p{M}\p{Nd}_.-]{2,32}$/u;

/** A user, and the hash which his password is checked against; null where he has no password. */
export interface Account {
  user: Me;
  passwordHash: string | null;
}

/** What else is told of somebody: any JSON object of at most 8 KiB. */
export const Details = z
  .record(z.string(), z.json())
  .refine((fields) => !exceedsBytes(JSON.stringify(fields), LIMITS.detailsBytes), {
    error: `must be at most ${LIMITS.detailsBytes} bytes as JSON`,
  });
export type Details = z.infer<typeof Details>;

/** The fields of a profile which its user edits; `""` is empty. */
export const ProfileFields = z.object({
  nickname: textUpTo(64),
  avatar: z.union([
    z.literal(""),
    z.url({ protocol: /^https?$/, error: 'must be an http(s) URL or ""' }).max(2_048),
  ]),
  email: textUpTo(128),
  gender: textUpTo(128),
  birthday: textUpTo(128),
  location: textUpTo(128),
  language: textUpTo(128),
  signature: textUpTo(500),
  friendPolicy: FriendPolicy,
  messageSettings: textUpTo(128),
  adminForbidType: textUpTo(128),
  level: textUpTo(128),
  role: textUpTo(128),
  details: Details,
});
export type ProfileFields = z.infer<typeof ProfileFields>;

/** What to change of a profile: absent is unchanged, `""` emptied. */
export type ProfileChange = { [Field in keyof ProfileFields]?: ProfileFields[Field] | undefined };

/** A user as he sees himself. Times are milliseconds since 1970. */
export interface Me extends User, ProfileFields {
  createdAt: number;
  /** when his profile was changed last; 0: never */
  updatedAt: number;
}

/** A profile as somebody sees it: his own has an e-mail address. The birthday is for all where he made his account himself. */
export type MeWithEmail = Omit<Me, "email"> & { email?: string };

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
