import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ConversationId, FileKey, SpaceId, UserId } from "../../domain/ids.ts";
import type { ReportId } from "../../domain/moderation/report.ts";
import type {
  Gate,
  HookEvents,
  HookEventType,
  HookId,
  HookState,
  REPORT_CREATED,
  SpaceEventType,
  UserEventType,
} from "../../domain/server/hook.ts";
import type { ServerKeyId, ServerScope } from "../../domain/server/server-key.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import { userRef } from "./accounts.ts";

/** The keys of the team's backends. A revoked key keeps its row: the log names keys by their ids. */
export const serverKeys = sqliteTable("server_keys", {
  id: text().primaryKey().$type<ServerKeyId>(),
  name: text().notNull(),
  scopes: text({ mode: "json" }).notNull().$type<ServerScope[]>(),
  /** SHA-256 of the secret, as hexadecimal digits */
  hash: text().notNull(),
  createdAt: integer("created_at").notNull(),
  /** a date in UTC; null: never */
  lastUsedOn: text("last_used_on"),
  expiresAt: integer("expires_at"),
  revokedAt: integer("revoked_at"),
});

/** The hooks of the team's backends. Times are milliseconds since 1970. */
export const hooks = sqliteTable(
  "hooks",
  {
    id: text().primaryKey().$type<HookId>(),
    url: text().notNull(),
    events: text({ mode: "json" }).notNull().$type<HookEvents>(),
    /** null: it is told of all conversations, and of users */
    conversations: text({ mode: "json" }).$type<ConversationId[]>(),
    secret: text().notNull(),
    /** the secret before the last rotation; it signs too, until `formerUntil` */
    formerSecret: text("former_secret"),
    formerUntil: integer("former_until").notNull().default(0),
    state: text().notNull().default("active").$type<HookState>(),
    /** of a hook that is asked before a message is stored; null: it is told of what has happened */
    gate: text({ mode: "json" }).$type<Gate>(),
    createdAt: integer("created_at").notNull(),
    /** when it was last made active, or was made */
    activeSince: integer("active_since").notNull(),
    /** null: never; noted once an hour */
    lastSuccessAt: integer("last_success_at"),
  },
  (table) => [index("hooks_state").on(table.state)],
);

/**
 * What became of users, which reports they made, and what became of spaces, their members and their roles,
 * while there are hooks that are told of users: triggers of those tables write it. Hooks read it behind their
 * position.
 */
export const userEvents = sqliteTable(
  "user_events",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    /** of a report: who made it; of a member of a space: who that is; of a space and a role: nobody */
    userId: integer("user_id").notNull().$type<UserId>(),
    type: text().notNull().$type<UserEventType | SpaceEventType | typeof REPORT_CREATED>(),
    /** of the user or the role, as it was then: what is deleted has none */
    externalId: text("external_id").$type<ExternalId>(),
    at: integer().notNull(),
    /** null: it is about no report */
    reportId: integer("report_id").$type<ReportId>(),
    /** null: it is about no space */
    spaceId: integer("space_id").$type<SpaceId>(),
    /** null: it is about no role */
    roleId: integer("role_id").$type<RoleId>(),
  },
  (table) => [index("user_events_at").on(table.at)],
);

/** The calls of hooks whose last try has failed: one for each feed of a hook. */
export const hookFailures = sqliteTable(
  "hook_failures",
  {
    hookId: text("hook_id").notNull().$type<HookId>(),
    /** the feed: `c` and the id of a conversation, or `users` */
    subject: text().notNull(),
    /** the `webhook-id` */
    eventId: text("event_id").notNull(),
    type: text().notNull().$type<HookEventType>(),
    tries: integer().notNull(),
    /** null: there was no answer */
    status: integer(),
    error: text().notNull(),
    /** the first failure since the feed was last taken */
    firstFailedAt: integer("first_failed_at").notNull(),
    failedAt: integer("failed_at").notNull(),
    nextAt: integer("next_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.hookId, table.subject] })],
);

/** The external ids of imported users whose account was deleted elsewhere: a row of `users` has none then. */
export const importedUsers = sqliteTable(
  "imported_users",
  {
    externalId: text("external_id").primaryKey().$type<ExternalId>(),
    userId: userRef("user_id"),
  },
  (table) => [uniqueIndex("imported_users_user").on(table.userId)],
);

/** Files of imports. Messages name the key from the beginning; the file is readable once its bytes came. */
export const importedFiles = sqliteTable(
  "imported_files",
  {
    externalId: text("external_id").primaryKey().$type<ExternalId>(),
    key: text().notNull().$type<FileKey>(),
    /** of the bytes, 64 hexadecimal digits */
    sha256: text().notNull(),
    /** who has uploaded it elsewhere */
    userId: userRef("user_id"),
    name: text().notNull(),
    contentType: text("content_type").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("imported_files_key").on(table.key),
    index("imported_files_sha256").on(table.sha256),
  ],
);
