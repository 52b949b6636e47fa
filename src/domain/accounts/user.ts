import { z } from "zod";
import { storedForm } from "../../lib/text-forms.ts";
import { Consent } from "../contacts/consent.ts";
import type { Relation } from "../contacts/relation.ts";
import { httpUrl } from "../http-url.ts";
import { LIMITS } from "../limits.ts";
import { hiddenFlawOfUsername, unreadableFlaw } from "../names/characters.ts";
import { EVERYBODY_FLAW, namesEverybody } from "../names/everybody.ts";
import { displayName, refuse } from "../names/names.ts";
import type { Metadata } from "../server/metadata.ts";
import { exceedsBytes, nameUpTo, textUpTo } from "../text.ts";
import type { Person } from "./person.ts";

/** The answer to a friend request: accepted at once, left to the user, refused. */
export const FriendPolicy = z.enum(["allow", "approve", "deny"]);

export type FriendPolicy = z.infer<typeof FriendPolicy>;

const USERNAME_LENGTH = 128;

/**
 * A username as it is looked up: NFC, 1–128 code points, no control characters, no `/`. Accounts keep their
 * names, so it takes more than `NewUsername`.
 */
export const Username = nameUpTo(USERNAME_LENGTH).refine(
  (text) => /^[^\p{Cc}/]+$/u.test(text),
  'must not be empty, nor hold control characters or "/"',
);

/** The username of a new account, chosen by a service: a `Username` that people can tell from others. */
export const NewUsername = refuse(Username, usernameFlaw);

const OWN_NAME = /^(?=.*[\p{L}\p{Nd}])[\p{L}\p{M}\p{Nd}_.-]{2,32}$/u;

/**
 * A username that users may choose when they register themselves: 2–32 letters of any script, digits,
 * `_ . -`, and a letter or a digit among them.
 */
export const OwnUsername = refuse(
  z.string().overwrite(storedForm).regex(OWN_NAME, {
    error: "must be 2 to 32 letters, digits or any of _ . -, with a letter or a digit",
    abort: true,
  }),
  usernameFlaw,
  // The generator of OpenAPI would write the flags of the expression into the pattern.
).meta({ pattern: OWN_NAME.source });

function usernameFlaw(name: string): string | null {
  // A path that ends in one of these is another path.
  if (name === "." || name === "..") return "must not be . or ..";
  if (name !== name.trim()) return "must not begin or end with a space";
  if (namesEverybody(name)) return EVERYBODY_FLAW;
  return hiddenFlawOfUsername(name) ?? unreadableFlaw(name);
}

/** A user as others see them. */
export interface User extends Person {
  /** has an open socket */
  online: boolean;
}

/** A user, and what they are to the one who looks. */
export interface UserWithRelation extends User {
  relation: Relation;
  /** what they say of themself; empty: nothing, or there is a block between the two */
  signature: string;
}

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
  nickname: displayName(64),
  avatar: z.union([z.literal(""), httpUrl(2_048, 'must be an http(s) URL or ""')]),
  // A sign-in looks an address up in this form.
  email: nameUpTo(128),
  gender: textUpTo(128),
  birthday: textUpTo(128),
  location: textUpTo(128),
  language: textUpTo(128),
  signature: textUpTo(500),
  friendPolicy: FriendPolicy,
  ...Consent.shape,
  messageSettings: textUpTo(128),
  adminForbidType: textUpTo(128),
  level: textUpTo(128),
  role: textUpTo(128),
  details: Details,
});

export type ProfileFields = z.infer<typeof ProfileFields>;

/** The fields by which a user is shown beside what they write; some APIs have two further names. */
export type ProfileShown = Record<"nickname" | "avatar" | "fullName" | "alias", string>;

/** A change of a profile: an absent field is unchanged, `""` empties it. */
export type ProfileChange = { [Field in keyof ProfileFields]?: ProfileFields[Field] | undefined };

/** A user as they see themself. Times are milliseconds since 1970. */
export interface Me extends User, Omit<ProfileFields, "avatar"> {
  createdAt: number;
  /** time of the last change of the profile; 0: never */
  updatedAt: number;
}

/** The same with what the team's backend keeps with the user, which no other user sees. */
export interface OwnProfile extends Me {
  metadata: Metadata;
  /** nickname and avatar are the issuer's: the user does not change them */
  profileLocked: boolean;
  hasPassword: boolean;
}

/**
 * A profile as a caller sees it: only their own has an e-mail address. The birthday is visible if the user
 * registered themself.
 */
export type MeWithEmail = Omit<Me, "email"> & { email?: string };
