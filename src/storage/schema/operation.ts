import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { LargeObjectKind } from "../../domain/operation/large-object.ts";

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
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index("large_objects_bytes").on(table.bytes, table.reportedAt),
  ],
);
