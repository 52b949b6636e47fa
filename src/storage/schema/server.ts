import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ServerKeyId, ServerScope } from "../../domain/server/server-key.ts";

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
