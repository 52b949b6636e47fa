import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AttemptSubject, SignInPlace } from "../../domain/accounts/sign-in.ts";
import type { Details, FriendPolicy } from "../../domain/accounts/user.ts";
import type { Admitted } from "../../domain/contacts/consent.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import type { StaffRole } from "../../domain/moderation/staff.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { isFileUrl, keyInUrl } from "./file-urls.ts";

/** Whether a user has a role of the deployment: a query has the same words as the index. */
export const HAS_ROLE = sql.raw("staff_role <> 'user'");

/** Accounts. Ids start at 100000: the first migration sets the sequence. */
export const users = sqliteTable(
  "users",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<UserId>(),
    username: text().notNull(),
    /** `scrypt$N$r$p$salt$hash`; null where the account has no password */
    passwordHash: text("password_hash"),
    email: text().notNull().default(""),
    nickname: text().notNull().default(""),
    avatar: text().notNull().default(""),
    gender: text().notNull().default(""),
    birthday: text().notNull().default(""),
    location: text().notNull().default(""),
    language: text().notNull().default(""),
    signature: text().notNull().default(""),
    /** the full name, and another name of the user's choice */
    fullName: text("full_name").notNull().default(""),
    alias: text().notNull().default(""),
    idCardNum: text("id_card_num").notNull().default(""),
    phone: text().notNull().default(""),
    province: text().notNull().default(""),
    city: text().notNull().default(""),
    /** an avatar that is no URL: then `avatar` is empty */
    avatarText: text("avatar_text").notNull().default(""),
    /** message settings, who may add the user, level, role: texts of the client, which grant nothing */
    messageSettings: text("message_settings").notNull().default(""),
    adminForbidType: text("admin_forbid_type").notNull().default(""),
    level: text().notNull().default(""),
    role: text().notNull().default(""),
    /** a JSON object with further fields of the profile */
    details: text({ mode: "json" }).notNull().default({}).$type<Details>(),
    friendPolicy: text("friend_policy").notNull().default("approve").$type<FriendPolicy>(),
    /** whom the user lets write to them, and add them to groups; null: as the deployment has it */
    whoMayWrite: text("who_may_write").$type<Admitted>(),
    whoMayAdd: text("who_may_add").$type<Admitted>(),
    /** when `email` was set; 0: before this column existed */
    emailSetAt: integer("email_set_at").notNull().default(0),
    /** how often `email` was changed on the day (24 h) that began with the first of these changes */
    emailChanges: integer("email_changes").notNull().default(0),
    emailDayAt: integer("email_day_at").notNull().default(0),
    /** projected from the user's inbox: has an open socket */
    online: integer({ mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
    /** when the profile was last changed; 0: never, or before this column existed */
    updatedAt: integer("updated_at").notNull().default(0),
    /** when the newest session by user_sig was first used; 0: never */
    loginAt: integer("login_at").notNull().default(0),
    /** when the account was deleted; its row stays, without personal data */
    deletedAt: integer("deleted_at"),
    /** the account was deleted with the messages: each conversation erases those */
    messagesErased: integer("messages_erased", { mode: "boolean" }).notNull().default(false),
    /** the id that the team's backend or its issuer has for the user; null: none */
    externalId: text("external_id").$type<ExternalId>(),
    /** nickname and avatar are those of the user's issuer: the user does not change them */
    profileLocked: integer("profile_locked", { mode: "boolean" }).notNull().default(false),
    /** a JSON object of the team's backend; empty: none */
    metadata: text().notNull().default(""),
    /** a program of the team's, and no person */
    bot: integer({ mode: "boolean" }).notNull().default(false),
    /** of a bot: the user who has made it; null: nobody, as a backend has */
    makerId: integer("maker_id").$type<UserId>(),
    /** what the user may do for the deployment; `role` above is a text of the client */
    staffRole: text("staff_role").notNull().default("user").$type<StaffRole>(),
    /** until when the user may not sign in; 0: they may, -1: for ever */
    suspendedUntil: integer("suspended_until").notNull().default(0),
    suspensionReason: text("suspension_reason").notNull().default(""),
    /** until when nobody but the user sees what they send; 0: all see it, -1: for ever */
    shadowedUntil: integer("shadowed_until").notNull().default(0),
    /** the version of the keys that `username_keys` has of the name; 0: it may have none */
    keysVersion: integer("keys_version").notNull().default(0),
    /** when the user last saw their requests for friendship; 0: never */
    requestsReadAt: integer("requests_read_at").notNull().default(0),
  },
  (table) => [
    index("users_avatar_file").on(keyInUrl("avatar")).where(isFileUrl("avatar")),
    index("users_shadowed").on(table.shadowedUntil).where(sql`shadowed_until <> 0`),
    uniqueIndex("users_username").on(table.username),
    uniqueIndex("users_external_id").on(table.externalId).where(sql`external_id IS NOT NULL`),
    index("users_staff").on(table.staffRole).where(HAS_ROLE),
    index("users_keys_version").on(table.keysVersion),
    index("users_maker").on(table.makerId).where(sql`maker_id IS NOT NULL`),
    index("users_online_bots").on(table.id).where(sql`bot = 1 AND online = 1`),
    index("users_email").on(table.email).where(sql`email <> ''`),
    index("users_email_first").on(table.email, table.emailSetAt).where(sql`email <> ''`),
  ],
);

/** A column with the id of a user. */
export function userRef<Name extends string>(name: Name) {
  return integer(name)
    .notNull()
    .references(() => users.id)
    .$type<UserId>();
}

/** The usernames of deleted accounts, which are never given out again. */
export const formerUsernames = sqliteTable(
  "former_usernames",
  { username: text().primaryKey(), keysVersion: integer("keys_version").notNull().default(0) },
  (table) => [index("former_usernames_keys_version").on(table.keysVersion)],
);

/**
 * The keys of all usernames, of deleted accounts too: a new name with one of them looks like another name. A
 * key names no user, so that nothing of a deleted account is left but the name.
 */
export const usernameKeys = sqliteTable("username_keys", { key: text().primaryKey() });

/** Sessions. An ended session keeps its row until its tokens expire. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text().primaryKey().$type<SessionId>(),
    userId: userRef("user_id"),
    userAgent: text("user_agent").notNull(),
    createdAt: integer("created_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    endedAt: integer("ended_at"),
    /** SHA-256 of the refresh token that is valid, and of the one before; null: the session has none */
    refreshHash: text("refresh_hash"),
    formerRefreshHash: text("former_refresh_hash"),
    /** when the former one was used; 0: never */
    refreshedAt: integer("refreshed_at").notNull().default(0),
    /** what one sign-in at an issuer has in all its tokens; null: the session is not of an issuer */
    issuerSession: text("issuer_session"),
    /** in it the user has their role: who has opened it may give that */
    carriesRole: integer("carries_role", { mode: "boolean" }).notNull().default(true),
  },
  (table) => [
    uniqueIndex("sessions_issuer")
      .on(table.userId, table.issuerSession)
      .where(sql`issuer_session IS NOT NULL`),
    index("sessions_user").on(table.userId),
    index("sessions_expiry").on(table.expiresAt),
  ],
);

/** One row for each wrong password, and for each check in progress. A right password deletes its row. */
export const passwordAttempts = sqliteTable(
  "password_attempts",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** what the attempt counts for: `AttemptSubject` */
    subject: text("name").notNull().$type<AttemptSubject>(),
    at: integer().notNull(),
    /** false while the check is in progress */
    wrong: integer({ mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    index("password_attempts_name").on(table.subject, table.at),
    index("password_attempts_at").on(table.at),
  ],
);

/** The places from which users have signed in: a sign-in from there is not slowed down by others. */
export const signInPlaces = sqliteTable(
  "sign_in_places",
  {
    userId: userRef("user_id"),
    /** a hash of the address block */
    place: text().notNull().$type<SignInPlace>(),
    lastAt: integer("last_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.place] }),
    index("sign_in_places_last").on(table.lastAt),
  ],
);

/** What bots offer behind a slash: a row for each bot and language. */
export const botCommands = sqliteTable(
  "bot_commands",
  {
    userId: userRef("user_id"),
    /** a language tag; empty: for users of all others */
    language: text().notNull(),
    /** JSON of a list of `Command` */
    commands: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.language] })],
);
