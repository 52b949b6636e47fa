import { z } from "zod";
import { findMe, findUser, findUserByName, updateProfile } from "../storage/users.ts";
import type { Core } from "./core.ts";
import { CoreError, invalid } from "./errors.ts";
import type { UserId } from "./ids.ts";
import type { Person } from "./message.ts";
import type { Credential } from "./sessions.ts";
import { textUpTo } from "./text.ts";

/** What happens when somebody asks for friendship: agreed at once, asked, refused. */
export const FriendPolicy = z.enum(["allow", "approve", "deny"]);
export type FriendPolicy = z.infer<typeof FriendPolicy>;

/** A name as it is stored and looked up: NFC, 1–128 code points, no control characters, no `/`. */
export const Username = textUpTo(128)
  .normalize("NFC")
  .refine((text) => /^[^\p{Cc}/]+$/u.test(text), 'must not be empty, nor hold control characters or "/"');

/** A user as others see him. */
export interface User extends Person {
  /** has an open socket */
  online: boolean;
}

/** A user, and the hash which his password is checked against; null where he has no password. */
export interface Account {
  user: User;
  passwordHash: string | null;
}

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
});
export type ProfileFields = z.infer<typeof ProfileFields>;

/** What to change of a profile: absent is unchanged, `""` emptied. */
export type ProfileChange = { [Field in keyof ProfileFields]?: ProfileFields[Field] | undefined };

/** A user as he sees himself. */
export interface Me extends User, ProfileFields {}

/** @throws `not_found` */
export async function getUser(core: Core, id: UserId): Promise<User> {
  const user = await findUser(core.db, id);
  if (!user) throw noUser(id);
  return user;
}

/** Whoever has exactly this username, once it is NFC: one user or none. */
export async function usersNamed(core: Core, username: string): Promise<User[]> {
  const user = await findUserByName(core.db, username.normalize("NFC"));
  return user ? [user] : [];
}

/** The caller's own profile. @throws `unauthenticated` if the account is gone */
export async function getMe(core: Core, caller: Credential): Promise<Me> {
  return (await findMe(core.db, caller.userId)) ?? raiseGone();
}

/** Changes the caller's profile and gives it as it then is. @throws `unauthenticated` as `getMe` */
export async function changeProfile(core: Core, caller: Credential, change: ProfileChange): Promise<Me> {
  return (await updateProfile(core.db, caller.userId, change)) ?? raiseGone();
}

/** @throws `validation_failed` where what takes two is asked with oneself, in a path */
export function requireOther(caller: UserId, other: UserId): void {
  if (caller === other) throw invalid("path.user_id", "must be somebody else");
}

/** The answer for a user who does not exist, or does not any more. */
export function noUser(id: UserId): CoreError {
  return new CoreError("not_found", `There is no user ${id}.`);
}

/** What a caller is told whose account is gone. */
export function accountGone(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.");
}

function raiseGone(): never {
  throw accountGone();
}
