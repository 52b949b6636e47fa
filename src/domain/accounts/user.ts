import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { exceedsBytes, textUpTo } from "../text.ts";
import type { Person } from "./person.ts";

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
