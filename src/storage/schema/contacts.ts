import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConversationId } from "../../domain/ids.ts";
import { userRef } from "./accounts.ts";

/** Friendships: two rows each, one for either user's list. */
export const friends = sqliteTable(
  "friends",
  {
    userId: userRef("user_id"),
    friendId: userRef("friend_id"),
    createdAt: integer("created_at").notNull(),
    /** what the user calls the friend; empty: nothing */
    remark: text().notNull().default(""),
    /** the names of the user's groups of friends that the friend is in */
    groups: text("group_names", { mode: "json" }).notNull().default([]).$type<string[]>(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.friendId] })],
);

/** The groups into which users sort their friends. `friends.groups` says who is in them. */
export const friendGroups = sqliteTable(
  "friend_groups",
  {
    userId: userRef("user_id"),
    name: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.name] })],
);

/** Open requests for friendship: until they are accepted, rejected or withdrawn. */
export const friendRequests = sqliteTable(
  "friend_requests",
  {
    /** the user who is asked */
    userId: userRef("user_id"),
    fromId: userRef("from_id"),
    createdAt: integer("created_at").notNull(),
    /** what the one who asks says to the other */
    wording: text().notNull().default(""),
    /** what the one who asks will call the other */
    remark: text().notNull().default(""),
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

/**
 * Conversations that wait for a user's consent. The row of a direct conversation is there before the first
 * message is.
 */
export const messageRequests = sqliteTable(
  "message_requests",
  {
    /** the user who is asked */
    userId: userRef("user_id"),
    conversationId: integer("conversation_id").notNull().$type<ConversationId>(),
    fromId: userRef("from_id"),
    /** when the user was asked; null: the direct conversation has no message yet */
    createdAt: integer("created_at"),
    ignored: integer({ mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.conversationId] }),
    index("message_requests_newest").on(table.userId, table.createdAt, table.conversationId),
    index("message_requests_from").on(table.fromId),
    index("message_requests_conversation").on(table.conversationId),
  ],
);

/** How many strangers a user has named by number on a day, counted from 1970 in UTC: the last such day. */
export const strangerLookups = sqliteTable(
  "stranger_lookups",
  {
    userId: userRef("user_id").primaryKey(),
    day: integer().notNull(),
    count: integer().notNull(),
  },
  (table) => [index("stranger_lookups_day").on(table.day)],
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
