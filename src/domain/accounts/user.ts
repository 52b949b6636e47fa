import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { exceedsBytes, textUpTo } from "../text.ts";
import type { Person } from "./person.ts";

/** The answer to a friend request: accepted at once, left to the user, refused. */
export const FriendPolicy = z.enum(["allow", "approve", "deny"]);

export type FriendPolicy = z.infer<typeof FriendPolicy>;

const USERNAME_LENGTH = 128;

/** A username as it is stored and looked up: NFC, 1–128 code points, no control characters, no `/`. */
export const Username = textUpTo(USERNAME_LENGTH)
  .normalize("NFC")
  // NFC makes some texts longer.
  .pipe(textUpTo(USERNAME_LENGTH))
  .refine((text) => /^[^\p{Cc}/]+$/u.test(text), 'must not be empty, nor hold control characters or "/"');

/** A user as others see them. */
export interface User extends Person {
  /** has an open socket */
  online: boolean;
}

/**
 * The usernames that users may choose when they register themselves: 2–32 letters of any script, digits, `_ .
 * -`.
 */
export const OWN_NAME = /^[\p{L}\p{M}\p{Nd}_.-]{2,32}$/u;

/** A user with their password hash; null: the account has no password. */
export interface Account {
  user: Me;
  passwordHash: string | null;
}

/** Further profile data of clients: any JSON object of at most 8 KiB. */
export const Details = z
  .record(z.string(), z.json())
  .refine((fields) => !exceedsBytes(JSON.stringify(fields), LIMITS.detailsBytes), {
    error: `must be at most ${LIMITS.detailsBytes} bytes as JSON`,
  });

export type Details = z.infer<typeof Details>;

/** The fields of a profile that its user edits; `""` is empty. */
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

/** A change of a profile: an absent field is unchanged, `""` empties it. */
export type ProfileChange = { [Field in keyof ProfileFields]?: ProfileFields[Field] | undefined };

/** A user as they see themself. Times are milliseconds since 1970. */
export interface Me extends User, ProfileFields {
  createdAt: number;
  /** time of the last change of the profile; 0: never */
  updatedAt: number;
}

/**
 * A profile as a caller sees it: only their own has an e-mail address. The birthday is visible if the user
 * registered themself.
 */
export type MeWithEmail = Omit<Me, "email"> & { email?: string };
