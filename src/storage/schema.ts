import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AttemptSubject, SignInPlace } from "../domain/accounts/sign-in.ts";
import type { Details, FriendPolicy } from "../domain/accounts/user.ts";
import type { ConversationKind, MemberState } from "../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Role } from "../domain/conversations/group-kind.ts";
import type { CustomFields } from "../domain/custom-fields.ts";
import type {
  ClientGroupId,
  ConversationCode,
  ConversationId,
  FileKey,
  Handle,
  Seq,
  SessionId,
  UserId,
} from "../domain/ids.ts";

/**
 * The key of the file that a URL in a column names. A query uses an index on it only with the very same text.
 * drizzle-kit quotes the parts between its commas: correct that in the migration by hand.
 */
export const keyInUrl = (column: string) => sql.raw(`substr(${column}, instr(${column}, '/files/') + 7, 32)`);

/** Whether a column holds the URL of a file: the condition of an index on `keyInUrl`. */
export const isFileUrl = (column: string) => sql.raw(`instr(${column}, '/files/') > 0`);

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
    /** the version of the keys that `username_keys` has of the name; 0: it may have none */
    keysVersion: integer("keys_version").notNull().default(0),
  },
  (table) => [
    index("users_avatar_file").on(keyInUrl("avatar")).where(isFileUrl("avatar")),
    uniqueIndex("users_username").on(table.username),
    index("users_keys_version").on(table.keysVersion),
    index("users_email").on(table.email).where(sql`email <> ''`),
    index("users_email_first").on(table.email, table.emailSetAt).where(sql`email <> ''`),
  ],
);

/** A column with the id of a user. */
function userRef<Name extends string>(name: Name) {
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
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_expiry").on(table.expiresAt)],
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

/**
 * The projection of conversations for lists: what all members share. The Conversation object is the
 * authority.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<ConversationId>(),
    kind: text().notNull().$type<ConversationKind>(),
    /** the two users of a direct conversation, the lower id first */
    lowUserId: integer("low_user_id").$type<UserId>(),
    highUserId: integer("high_user_id").$type<UserId>(),
    name: text().notNull().default(""),
    avatar: text().notNull().default(""),
    introduction: text().notNull().default(""),
    announcement: text().notNull().default(""),
    joinPolicy: text("join_policy").notNull().default("approval").$type<JoinPolicy>(),
    ownerId: integer("owner_id").$type<UserId>(),
    createdAt: integer("created_at").notNull(),
    /** the group kind, by the name of its policy */
    policy: text().notNull().default("group").$type<PolicyName>(),
    /** a direct conversation in which only friends may write; set at creation, never after */
    friendsOnly: integer("friends_only", { mode: "boolean" }).notNull().default(false),
    /** 0 at creation; a projection of the profile is stored iff its version is higher */
    version: integer().notNull().default(0),
    dissolvedAt: integer("dissolved_at"),
    /** Never null in a stored row: a trigger sets it, also in rows that the previous release inserts. */
    code: text().$type<ConversationCode>(),
    /** a group's handle; null: it is addressed by its number. A handle is never given twice. */
    handle: text().$type<Handle>(),
    /** nobody but the owner and admins may write */
    muteAll: integer("mute_all", { mode: "boolean" }).notNull().default(false),
    /** the group's own limit of members, below the limit of its kind; null: the limit of its kind */
    maxMembers: integer("max_members"),
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
    /** when the profile was last changed; null: never, or by a release without this column */
    changedAt: integer("changed_at"),
    /** whether strangers find the group; null: as its kind says */
    discoverable: integer({ mode: "boolean" }),
    /** projected from a direct conversation: both users have written */
    answered: integer({ mode: "boolean" }).notNull().default(false),
    /** the client group id of its creation, and who created it; null: it was created without one */
    clientGroupId: text("client_group_id").$type<ClientGroupId>(),
    creatorId: integer("creator_id").$type<UserId>(),
  },
  (table) => [
    uniqueIndex("conversations_pair").on(table.lowUserId, table.highUserId),
    uniqueIndex("conversations_code").on(table.code),
    uniqueIndex("conversations_handle").on(table.handle),
    index("conversations_owner").on(table.ownerId),
    uniqueIndex("conversations_client_group")
      .on(table.creatorId, table.clientGroupId)
      .where(sql`client_group_id IS NOT NULL`),
    index("conversations_avatar_file").on(keyInUrl("avatar")).where(isFileUrl("avatar")),
    check("conversations_kind", sql`${table.kind} = 'group' OR ${table.lowUserId} < ${table.highUserId}`),
  ],
);

/**
 * Members and known users, projected from the Conversation object by `version`. The flags `sticky`, `silent`
 * and `validation` are the member's own, and D1 is their authority.
 */
export const memberships = sqliteTable(
  "memberships",
  {
    conversationId: integer("conversation_id")
      .notNull()
      .references(() => conversations.id)
      .$type<ConversationId>(),
    userId: userRef("user_id"),
    role: text().notNull().$type<Role>(),
    state: text().notNull().$type<MemberState>(),
    /** 0 at creation; a projection is stored iff its version is higher */
    version: integer().notNull().default(0),
    joinedAt: integer("joined_at").notNull(),
    pinned: integer("sticky", { mode: "boolean" }).notNull().default(false),
    silent: integer({ mode: "boolean" }).notNull().default(false),
    validation: integer({ mode: "boolean" }).notNull().default(false),
    /** the group's name and avatar when the member left; without meaning while the member is in it */
    leftName: text("left_name"),
    leftAvatar: text("left_avatar"),
    /** the custom fields of a first member at creation; the object has the current ones */
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
    /** projected: when the user made the join request that is open (ms since 1970); null: none is open */
    requestedAt: integer("requested_at"),
    /** the version of `requested_at`: it is replaced iff the projected one is higher */
    requestVersion: integer("request_version").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.userId] }),
    index("memberships_user").on(table.userId),
    index("memberships_requests")
      .on(table.userId, table.requestedAt, table.conversationId)
      .where(sql`requested_at IS NOT NULL`),
    index("memberships_avatar_file").on(keyInUrl("left_avatar")).where(isFileUrl("left_avatar")),
  ],
);

/** Friendships: two rows each, one for either user's list. */
export const friends = sqliteTable(
  "friends",
  {
    userId: userRef("user_id"),
    friendId: userRef("friend_id"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.friendId] })],
);

/** Open requests for friendship: until they are accepted, rejected or withdrawn. */
export const friendRequests = sqliteTable(
  "friend_requests",
  {
    /** the user who is asked */
    userId: userRef("user_id"),
    fromId: userRef("from_id"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.fromId] }),
    index("friend_requests_newest").on(table.userId, table.createdAt, table.fromId),
    index("friend_requests_from").on(table.fromId),
    index("friend_requests_sent").on(table.fromId, table.createdAt, table.userId),
  ],
);

/** Rejected requests for friendship: until the same user may ask again. */
export const friendRejections = sqliteTable(
  "friend_rejections",
  {
    /** the user who has rejected */
    userId: userRef("user_id"),
    fromId: userRef("from_id"),
    rejectedAt: integer("rejected_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.fromId] }),
    index("friend_rejections_from").on(table.fromId),
    index("friend_rejections_at").on(table.rejectedAt),
  ],
);

/** Blocks: `user_id` blocks `blocked_id`. */
export const blocks = sqliteTable(
  "blocks",
  {
    userId: userRef("user_id"),
    blockedId: userRef("blocked_id"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.blockedId] }),
    index("blocks_blocked").on(table.blockedId),
  ],
);

/** Complete uploads. Bytes in R2 without a row here are unreachable; the hourly job deletes them. */
export const files = sqliteTable(
  "files",
  {
    /** unguessable; the key in R2 */
    key: text().primaryKey().$type<FileKey>(),
    /** the user who uploaded it */
    userId: userRef("user_id"),
    name: text().notNull(),
    /** bytes */
    size: integer().notNull(),
    contentType: text("content_type").notNull(),
    /** of the bytes, 64 hexadecimal digits */
    sha256: text().notNull(),
    /** of the bytes, 32 hexadecimal digits; `""` for files from before this column existed */
    md5: text().notNull().default(""),
    createdAt: integer("created_at").notNull(),
    /** when the file is deleted, unless something shows it then (ms since 1970); null: it stays */
    expiresAt: integer("expires_at"),
    /**
     * whether its uploader has taken it back: a message of the uploader that showed it is revoked. null:
     * uploaded by a release that recorded no references, so only its uploader deletes it
     */
    released: integer({ mode: "boolean" }),
  },
  (table) => [index("files_expiry").on(table.expiresAt).where(sql`expires_at IS NOT NULL`)],
);

/**
 * The messages that show a file: written and deleted by the Conversation objects, a little later than the
 * messages. A file that was deleted since has no rows here.
 */
export const fileReferences = sqliteTable(
  "file_references",
  {
    key: text().notNull().$type<FileKey>(),
    conversationId: integer("conversation_id").notNull().$type<ConversationId>(),
    seq: integer().notNull().$type<Seq>(),
  },
  (table) => [primaryKey({ columns: [table.key, table.conversationId, table.seq] })],
);
