import { z } from "@hono/zod-openapi";
import { flag, QueryText } from "../common.ts";

/** Lines of records, each one JSON: the document has their schema beside it. */
export const RECORDS = {
  type: "string" as const,
  contentSchema: { $ref: "#/components/schemas/ExportRecord" },
  description:
    "JSON Lines: each line is an `ExportRecord`, and the content of its messages is `ExportedContent` (both among the schemas of this document)",
};

const Cursor = QueryText.optional();

export const ExportQuery = z.object({
  cursor: Cursor.openapi({ description: "Of the last `end` with `more`: goes on there" }),
  since: Cursor.openapi({
    description: "Of the last `end` without `more`: what is new or changed since that export began",
  }),
});

export const ConversationExportQuery = ExportQuery.pick({ cursor: true });

export const ImportQuery = z.object({
  dry_run: flag("Stores nothing: each line is checked by itself, not against the others"),
});

const Counts = z
  .object({
    user: z.int(),
    file: z.int(),
    conversation: z.int(),
    message: z.int(),
    member: z.int(),
    read: z.int(),
  })
  .openapi("RecordCounts", {
    description: "Records by their type",
    example: { user: 100, file: 8, conversation: 3, message: 4_000, member: 60, read: 0 },
  });

export const ImportReport = z
  .object({
    imported: Counts,
    unchanged: Counts.openapi({ description: "Those that were there already" }),
    left_out: z
      .array(
        z.object({
          line: z.int().openapi({ description: "Of the body, from 1 on" }),
          type: z.string().nullable().openapi({ description: "null: the line is no record" }),
          external_id: z.string().nullable(),
          reason: z.string(),
        }),
      )
      .openapi({ description: "The first 1,000: what was not stored, or not all of it, and why" }),
    left_out_count: z.int(),
    files_wanted: z
      .array(z.object({ external_id: z.string(), sha256: z.string() }))
      .openapi({ description: "Files of this body whose bytes have not come yet" }),
  })
  .openapi("ImportReport");

export const Sha256Params = z.object({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits, lower-case")
    .openapi({ description: "Of the bytes" }),
});
