import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { UploadState } from "../../domain/files/resumable-upload.ts";
import type { ClientUploadId, ConversationId, FileKey, Seq, UserId } from "../../domain/ids.ts";
import type { FileHolderId } from "../../domain/messages/scheduled.ts";
import { userRef } from "./accounts.ts";

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
    /** of the bytes, 32 hexadecimal digits */
    md5: text().notNull().default(""),
    createdAt: integer("created_at").notNull(),
    /**
     * from when on nobody reads the file, unless something shows it (ms since 1970); it is deleted
     * `deletionMs` later; null: it stays
     */
    expiresAt: integer("expires_at"),
    /** whether it goes once nothing shows it: docs/design/files.md */
    released: integer({ mode: "boolean" }),
  },
  (table) => [
    index("files_expiry").on(table.expiresAt).where(sql`expires_at IS NOT NULL`),
    // The deletion of an account looks through the files of its user.
    index("files_user").on(table.userId, table.key),
  ],
);

/**
 * The bytes of the files of each user: triggers of `files` write it. Its migration has filled it. No backup
 * has it, as the triggers fill it again.
 */
export const fileUsage = sqliteTable("file_usage", {
  userId: integer("user_id").primaryKey().$type<UserId>(),
  bytes: integer().notNull(),
});

/**
 * The files that a scheduled message or a stored draft will show. A file with a row here is not deleted
 * before `until`, except by its uploader.
 */
export const fileHolds = sqliteTable(
  "file_holds",
  {
    key: text().notNull().$type<FileKey>(),
    userId: userRef("user_id"),
    /** of the scheduled message, or of the stored draft */
    scheduledId: text("scheduled_id").notNull().$type<FileHolderId>(),
    /** ms since 1970; later the row is deleted */
    until: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.scheduledId, table.key] }),
    index("file_holds_key").on(table.key),
    index("file_holds_until").on(table.until),
  ],
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

/** Uploads in parts: docs/design/files.md. The hourly job deletes their rows. */
export const fileUploads = sqliteTable(
  "file_uploads",
  {
    /** the id of the upload, and the key of its file */
    key: text().primaryKey().$type<FileKey>(),
    userId: userRef("user_id"),
    clientUploadId: text("client_upload_id").notNull().$type<ClientUploadId>(),
    /** of the multipart upload in R2 */
    r2UploadId: text("r2_upload_id").notNull(),
    name: text().notNull(),
    /** bytes */
    size: integer().notNull(),
    contentType: text("content_type").notNull(),
    state: text().notNull().$type<UploadState>(),
    /** when an open upload ends, or a complete one is forgotten (ms since 1970); 0: it was ended before */
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    // An upload that has ended leaves its name to the next one.
    uniqueIndex("file_uploads_client").on(table.userId, table.clientUploadId).where(sql`state <> 'ended'`),
    index("file_uploads_expiry").on(table.expiresAt),
  ],
);

/** The parts of an upload that is not complete yet, from their first attempt on. */
export const fileUploadParts = sqliteTable(
  "file_upload_parts",
  {
    key: text().notNull().$type<FileKey>(),
    /** 1, 2, 3 … */
    part: integer().notNull(),
    /** how many attempts have begun */
    attempts: integer().notNull(),
    /** the attempt whose bytes count; 0: none has ended */
    stored: integer().notNull(),
    /** R2's tag of that attempt */
    etag: text().notNull(),
    /** of that attempt's bytes: 64 hexadecimal digits */
    sha256: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.part] })],
);
