import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ArchiveRange, LargeObjectKind } from "../../domain/operation/large-object.ts";

/** The objects whose storage is large, as each has reported itself, once a day. */
export const largeObjects = sqliteTable(
  "large_objects",
  {
    kind: text().notNull().$type<LargeObjectKind>(),
    /** of the conversation, or of the user */
    id: integer().notNull(),
    bytes: integer().notNull(),
    /** ms since 1970 */
    reportedAt: integer("reported_at").notNull(),
    archives: text({ mode: "json" }).$type<ArchiveRange[]>().notNull().default([]),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index("large_objects_bytes").on(table.bytes, table.reportedAt),
  ],
);

/**
 * The previews of links that were fetched within the last hour, for all conversations: each is fetched once.
 * Messages have copies. No backup has it.
 */
export const linkPreviews = sqliteTable(
  "link_previews",
  {
    /** SHA-256 of the link: 64 hexadecimal digits */
    key: text().primaryKey(),
    /** the user whose message has it fetched; a negative number: the hook */
    userId: integer("user_id").notNull(),
    /** when the fetch began (ms since 1970) */
    begunAt: integer("begun_at").notNull(),
    /** JSON of `LinkPreview`; `""`: the page has none; null: it is being fetched */
    preview: text(),
  },
  (table) => [
    index("link_previews_user").on(table.userId, table.begunAt),
    index("link_previews_begun").on(table.begunAt),
  ],
);
