import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { userRef } from "./accounts.ts";

/** What bots offer behind a slash: a row for each bot and language. */
export const botCommands = sqliteTable(
  "bot_commands",
  {
    userId: userRef("user_id"),
    /** a language tag; empty: for users of all others */
    language: text().notNull(),
    /** JSON of a list of `Command` */
    commands: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.language] })],
);
