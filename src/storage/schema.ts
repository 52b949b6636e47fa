import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Details, FriendPolicy } from "../domain/accounts/user.ts";
import type { ConversationKind, MemberState } from "../domain/conversations/conversation.ts";
import type { JoinPolicy, PolicyName, Role } from "../domain/conversations/group-kind.ts";
import type { CustomFields } from "../domain/custom-fields.ts";
import type { ConversationCode, ConversationId, FileKey, Handle, SessionId, UserId } from "../domain/ids.ts";

/** Who is there. Ids start at 100000: the first migration sets the sequence. */
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
    /** what he is called in full, and what else he calls himself */
    fullName: text("full_name").notNull().default(""),
    alias: text().notNull().default(""),
    idCardNum: text("id_card_num").notNull().default(""),
    phone: text().notNull().default(""),
    province: text().notNull().default(""),
    city: text().notNull().default(""),
    /** what stands for an avatar and is no URL: then `avatar` is empty */
    avatarText: text("avatar_text").notNull().default(""),
    /** how he wants messages, who may ask him, how far he has come, what he is: texts which grant nothing */
    messageSettings: text("message_settings").notNull().default(""),
    adminForbidType: text("admin_forbid_type").notNull().default(""),
    level: text().notNull().default(""),
    role: text().notNull().default(""),
    /** a JSON object of what else is told of him */
    details: text({ mode: "json" }).notNull().default({}).$type<Details>(),
    friendPolicy: text("friend_policy").notNull().default("approve").$type<FriendPolicy>(),
    /** projected from the user's inbox: has an open socket */
    online: integer({ mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
    /** when his profile was changed last; 0: never since this is kept */
    updatedAt: integer("updated_at").notNull().default(0),
    /** when a user_sig of his was last used for the first time; 0: never */
    loginAt: integer("login_at").notNull().default(0),
    /** when the account was deleted: the row stays, without personal data */
    deletedAt: integer("deleted_at"),
  },
  (table) => [
    uniqueIndex("users_username").on(table.username),
    index("users_email").on(table.email).where(sql`email <> ''`),
  ],
);

/** The names of deleted accounts: none is ever given out again. */
export const formerUsernames = sqliteTable("former_usernames", { username: text().primaryKey() });

/** Every sign-in, ended ones too until their tokens expire. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text().primaryKey().$type<SessionId>(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    userAgent: text("user_agent").notNull(),
    createdAt: integer("created_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (table) => [index("sessions_user").on(table.userId), index("sessions_expiry").on(table.expiresAt)],
);

/** One row for each wrong password, and for each check that is under way; a right one takes its row back. */
export const passwordAttempts = sqliteTable(
  "password_attempts",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** as typed, known or not */
    name: text().notNull(),
    at: integer().notNull(),
    /** false while the check is under way */
    wrong: integer({ mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    index("password_attempts_name").on(table.name, table.at),
    index("password_attempts_at").on(table.at),
  ],
);

/** What all members share of a conversation, for lists; the Conversation object has the last word. */
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
    /** what kind of group it is, by the name of its policy */
    policy: text().notNull().default("group").$type<PolicyName>(),
    /** a direct conversation in which only friends may write; set at creation, never after */
    friendsOnly: integer("friends_only", { mode: "boolean" }).notNull().default(false),
    /** 0 at creation; a projection of the profile is taken iff its version is higher */
    version: integer().notNull().default(0),
    dissolvedAt: integer("dissolved_at"),
    /** Never null once a row is there: a trigger gives each one, also those which the release before inserts. */
    code: text().$type<ConversationCode>(),
    /** a group's given id; null: it goes by its number. One that was given is never given again. */
    handle: text().$type<Handle>(),
    /** plain members may not write */
    muteAll: integer("mute_all", { mode: "boolean" }).notNull().default(false),
    /** how many members a group takes, where these are fewer than others of its kind */
    maxMembers: integer("max_members"),
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
    /** when the profile was last changed; null: never, or by a release that did not keep it */
    changedAt: integer("changed_at"),
  },
  (table) => [
    uniqueIndex("conversations_pair").on(table.lowUserId, table.highUserId),
    uniqueIndex("conversations_code").on(table.code),
    uniqueIndex("conversations_handle").on(table.handle),
    index("conversations_owner").on(table.ownerId),
    check("conversations_kind", sql`${table.kind} = 'group' OR ${table.lowUserId} < ${table.highUserId}`),
  ],
);

/** Who is where, projected from the Conversation object by `version`; the flags are the member's own. */
export const memberships = sqliteTable(
  "memberships",
  {
    conversationId: integer("conversation_id")
      .notNull()
      .references(() => conversations.id)
      .$type<ConversationId>(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    role: text().notNull().$type<Role>(),
    state: text().notNull().$type<MemberState>(),
    /** 0 at creation; a projection is taken iff its version is higher */
    version: integer().notNull().default(0),
    joinedAt: integer("joined_at").notNull(),
    pinned: integer("sticky", { mode: "boolean" }).notNull().default(false),
    silent: integer({ mode: "boolean" }).notNull().default(false),
    validation: integer({ mode: "boolean" }).notNull().default(false),
    /** of who has left a group: what it was called then, and its avatar; of no meaning while he is in it */
    leftName: text("left_name"),
    leftAvatar: text("left_avatar"),
    /** what a member came with whom the group was created with; what became of it since, the object knows */
    customFields: text("custom_fields", { mode: "json" }).notNull().default({}).$type<CustomFields>(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.userId] }),
    index("memberships_user").on(table.userId),
  ],
);

/** Two rows for each friendship, one of either side's list. */
export const friends = sqliteTable(
  "friends",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    friendId: integer("friend_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.friendId] })],
);

/** Who asked whom for friendship, until it is agreed, rejected or withdrawn. */
export const friendRequests = sqliteTable(
  "friend_requests",
  {
    /** the one who is asked */
    userId: integer("user_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    fromId: integer("from_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.fromId] }),
    index("friend_requests_newest").on(table.userId, table.createdAt, table.fromId),
    index("friend_requests_from").on(table.fromId),
  ],
);

/** Who has blocked whom. */
export const blocks = sqliteTable(
  "blocks",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    blockedId: integer("blocked_id")
      .notNull()
      .references(() => users.id)
      .$type<UserId>(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.blockedId] }),
    index("blocks_blocked").on(table.blockedId),
  ],
);

/** What was uploaded whole: bytes in R2 without a row here are reachable for nobody, and swept. */
export const files = sqliteTable("files", {
  /** unguessable; the key in R2 */
  key: text().primaryKey().$type<FileKey>(),
  /** who uploaded it */
  userId: integer("user_id")
    .notNull()
    .references(() => users.id)
    .$type<UserId>(),
  name: text().notNull(),
  /** bytes */
  size: integer().notNull(),
  contentType: text("content_type").notNull(),
  /** of the bytes, 64 hexadecimal digits */
  sha256: text().notNull(),
  /** of the bytes, 32 hexadecimal digits; `""` of files from before it was kept */
  md5: text().notNull().default(""),
  createdAt: integer("created_at").notNull(),
});
