import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ConversationId, FileKey, Seq, UserId } from "../../domain/ids.ts";
import type { AuditAction } from "../../domain/moderation/audit.ts";
import type { HeldMessageId, HeldState } from "../../domain/moderation/held-message.ts";
import type { ReportId, ReportReason, ReportState, Resolution } from "../../domain/moderation/report.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { userRef } from "./accounts.ts";

/** Whether a report has texts that go at the end of its term: a query has the same words as the index. */
export const KEEPS_TEXT = sql.raw("(kept <> '[]' OR note <> '')");

/** What users report of messages, users and conversations. */
export const reports = sqliteTable(
  "reports",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<ReportId>(),
    reporterId: userRef("reporter_id"),
    /** what it is about, by kind and ids: one report of a user about it */
    about: text().notNull(),
    /** the reported user, or the sender of the message; null: the conversation is reported */
    userId: integer("user_id").$type<UserId>(),
    conversationId: integer("conversation_id").$type<ConversationId>(),
    seq: integer().$type<Seq>(),
    reason: text().notNull().$type<ReportReason>(),
    note: text().notNull(),
    createdAt: integer("created_at").notNull(),
    state: text().notNull().default("open").$type<ReportState>(),
    takenBy: integer("taken_by").$type<UserId>(),
    resolution: text().$type<Resolution>(),
    staffNote: text("staff_note").notNull().default(""),
    changedAt: integer("changed_at").notNull(),
    /** a JSON array of `KeptMessage`; emptied `keepReportsMs` after the report, as `note` is */
    kept: text().notNull(),
  },
  (table) => [
    uniqueIndex("reports_once").on(table.reporterId, table.about),
    index("reports_of_reporter").on(table.reporterId, table.createdAt),
    index("reports_state").on(table.state, table.id),
    index("reports_user").on(table.userId),
    index("reports_conversation").on(table.conversationId),
    index("reports_created").on(table.createdAt).where(KEEPS_TEXT),
  ],
);

/**
 * The files of the messages that a report keeps, for as long as it does. Nobody but staff reads a file by its
 * row here: the row keeps the bytes in R2, whatever becomes of the file.
 */
export const reportFiles = sqliteTable(
  "report_files",
  {
    reportId: integer("report_id")
      .notNull()
      .references(() => reports.id)
      .$type<ReportId>(),
    key: text().notNull().$type<FileKey>(),
    name: text().notNull(),
    /** bytes */
    size: integer().notNull(),
    contentType: text("content_type").notNull(),
    sha256: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.reportId, table.key] }), index("report_files_key").on(table.key)],
);

/** The rules that texts are checked against: one row. */
export const moderationRules = sqliteTable("moderation_rules", {
  id: integer().primaryKey(),
  /** a JSON array of `ModerationRule` */
  rules: text().notNull(),
  /** raised by each change */
  version: integer().notNull(),
});

/** Messages that a rule holds back, or has found, for staff to decide. */
export const heldMessages = sqliteTable(
  "held_messages",
  {
    id: integer().primaryKey({ autoIncrement: true }).$type<HeldMessageId>(),
    conversationId: integer("conversation_id").notNull().$type<ConversationId>(),
    senderId: userRef("sender_id"),
    clientMsgId: text("client_msg_id").notNull(),
    /** JSON of a `HeldDraft`, and of `FoundIn` */
    draft: text().notNull(),
    /** a JSON array of the ids of the rules that it matches */
    rules: text().notNull(),
    /** it was stored all the same */
    isStored: integer("is_stored", { mode: "boolean" }).notNull(),
    state: text().notNull().default("waiting").$type<HeldState>(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("held_messages_once").on(table.senderId, table.conversationId, table.clientMsgId),
    index("held_messages_state").on(table.state, table.id),
    index("held_messages_created").on(table.createdAt),
  ],
);

/** What staff has done and looked at. Rows are only ever added. */
export const auditLog = sqliteTable("audit_log", {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  byUser: integer("by_user").$type<UserId>(),
  byKey: text("by_key").$type<ServerKeyId>(),
  from: text("from_block"),
  action: text().notNull().$type<AuditAction>(),
  userId: integer("user_id").$type<UserId>(),
  conversationId: integer("conversation_id").$type<ConversationId>(),
  seq: integer().$type<Seq>(),
  reportId: integer("report_id").$type<ReportId>(),
  reason: text().notNull(),
});
