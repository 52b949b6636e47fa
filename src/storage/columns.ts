/** Column sets that several queries select, and the profile values of an empty account. */
import { type SQL, sql } from "drizzle-orm";
import { LAST_VERSION } from "../domain/accounts/person.ts";
import { Relation } from "../domain/contacts/relation.ts";
import type { UserId } from "../domain/ids.ts";
import { isBlocked, relationTo, seesPresence } from "./contacts/pair-conditions.ts";
import { conversations, memberships, users } from "./schema.ts";

/** The columns of a user for themself and for their friends (`User`); for others see `userSeenBy`. */
export const USER = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  bot: users.bot,
  online: users.online,
};

/** The columns of a profile, the public ones and those that its owner is shown. */
export const ME = {
  ...USER,
  email: users.email,
  gender: users.gender,
  birthday: users.birthday,
  location: users.location,
  language: users.language,
  signature: users.signature,
  friendPolicy: users.friendPolicy,
  whoMayWrite: users.whoMayWrite,
  whoMayAdd: users.whoMayAdd,
  messageSettings: users.messageSettings,
  adminForbidType: users.adminForbidType,
  level: users.level,
  role: users.role,
  details: users.details,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
};

/** The columns of a user as `viewer` sees them (`User`): offline, unless `viewer` is shown their presence. */
export function userSeenBy(viewer: UserId) {
  const online = sql`${users.online} AND ${seesPresence(viewer, users.id)}`.mapWith(Boolean);
  return { ...PERSON, online: online.as("online_seen") };
}

/**
 * The same, with the user's relation to `viewer`, and what the user says of themself, which a block hides
 * (`UserWithRelation`).
 */
export function userWithRelationTo(viewer: UserId) {
  const relation = relationTo(viewer, users.id).mapWith((value: unknown) => Relation.parse(value));
  const signature = sql<string>`iif(${isBlocked(viewer, users.id)}, '', ${users.signature})`;
  return {
    ...userSeenBy(viewer),
    relation: relation.as("relation_seen"),
    signature: signature.as("signature_seen"),
  };
}

/** The profile columns of a new account. A deleted account gets the same values. */
export const DELETED_PROFILE = {
  email: "",
  nickname: "",
  avatar: "",
  gender: "",
  birthday: "",
  location: "",
  language: "",
  signature: "",
  friendPolicy: "approve",
  whoMayWrite: null,
  whoMayAdd: null,
  messageSettings: "",
  adminForbidType: "",
  level: "",
  role: "",
  details: {},
  updatedAt: 0,
  online: false,
} as const;

/** The columns of a profile beside a message (`Person`). */
export const PERSON = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  bot: users.bot,
};

/** The columns of a conversation that all its members share (`Profile`). */
export const PROFILE = {
  kind: conversations.kind,
  name: conversations.name,
  avatar: conversations.avatar,
  introduction: conversations.introduction,
  announcement: conversations.announcement,
  joinPolicy: conversations.joinPolicy,
  discoverable: conversations.discoverable,
  threads: conversations.threads,
  linkPreviews: conversations.linkPreviews,
  policy: conversations.policy,
  ownerId: conversations.ownerId,
  createdAt: conversations.createdAt,
  handle: conversations.handle,
  muteAll: conversations.muteAll,
  slowModeS: conversations.slowModeS,
  viewers: conversations.viewers,
  maxMembers: conversations.maxMembers,
  customFields: conversations.customFields,
  metadata: conversations.metadata,
  history: conversations.history,
  mayLeave: conversations.mayLeave,
  retentionDays: conversations.retentionDays,
  legalHold: conversations.legalHold,
  spaceId: conversations.spaceId,
  version: conversations.version,
  changedAt: sql<number>`coalesce(${conversations.changedAt}, ${conversations.createdAt})`,
};

/** The columns of a `VersionedPerson`. */
export const VERSIONED_PERSON = {
  ...PERSON,
  version: sql`iif(${users.deletedAt} IS NULL, ${users.updatedAt}, ${LAST_VERSION})`
    .mapWith(Number)
    .as("profile_version"),
};

/**
 * The time of a change of a profile. It is its version too, and so always later than the one before, whatever
 * the clock says.
 * @param now milliseconds
 */
export function nextProfileTime(now: number): SQL {
  return sql`max(${now}, ${users.updatedAt} + 1)`;
}

/** Until when a member has muted a conversation, in SQL; 0: not at all. */
export const MUTED_UNTIL = sql<number>`iif(${memberships.silent}, ${memberships.mutedUntil}, 0)`;

/** The columns of `ListPreferences`. */
export const LIST_PREFERENCES = {
  pinned: memberships.pinned,
  archivedCount: memberships.archivedCount,
  mutedUntil: MUTED_UNTIL.mapWith(Number),
};
