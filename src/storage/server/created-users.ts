import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ExternalId } from "../../domain/server/user-ref.ts";

/** The columns of `users` that a user of a backend has from the beginning. */
export const created = sqliteTable("users", {
  username: text().notNull(),
  createdAt: integer("created_at").notNull(),
  nickname: text().notNull(),
  avatar: text().notNull(),
  email: text().notNull(),
  emailSetAt: integer("email_set_at").notNull(),
  metadata: text().notNull(),
  bot: integer({ mode: "boolean" }).notNull(),
  externalId: text("external_id").$type<ExternalId>(),
  profileLocked: integer("profile_locked", { mode: "boolean" }).notNull(),
  keysVersion: integer("keys_version").notNull(),
});
