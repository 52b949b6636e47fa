import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { FileKey } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { userRef } from "./accounts.ts";

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
