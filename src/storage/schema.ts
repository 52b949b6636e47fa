import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ConversationKind, JoinPolicy, MemberState, Role } from "../core/conversation.ts";
import type { ConversationId, FileKey, SessionId, UserId } from "../core/ids.ts";
import type { PolicyName } from "../core/policies.ts";
import type { FriendPolicy } from "../core/users.ts";

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
    friendPolicy: text("friend_policy").notNull().default("approve").$type<FriendPolicy>(),
    /** projected from the user's inbox: has an open socket */
    online: integer({ mode: "boolean" }).notNull().default(false),
    createdAt: integer("created_at").notNull(),
    /** when the account was deleted: the row stays, without personal data */
    deletedAt: integer("deleted_at"),
  },
  (table) => [uniqueIndex("users_username").on(table.username)],
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
  },
  (table) => [
    uniqueIndex("conversations_pair").on(table.lowUserId, table.highUserId),
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
    sticky: integer({ mode: "boolean" }).notNull().default(false),
    silent: integer({ mode: "boolean" }).notNull().default(false),
    validation: integer({ mode: "boolean" }).notNull().default(false),
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
  createdAt: integer("created_at").notNull(),
});
