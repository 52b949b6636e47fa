import { z } from "@hono/zod-openapi";
import { importRecords } from "../../../core/data/import/import-records.ts";
import { ImportReport } from "../../../core/data/import/import-report.ts";
import { storeImportedFile } from "../../../core/data/import/imported-files.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { decodeUtf8, readUpTo } from "../../../http/body.ts";
import { readBareBody } from "../../../http/uploads/upload.ts";
import { flag } from "../common.ts";
import { BYTES } from "../files/files.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { JSON_LINES, RECORDS, readRecords } from "./json-lines.ts";

const ImportQuery = z.object({
  dry_run: flag("Stores nothing: each line is checked by itself, not against the others"),
});

const Counts = z
  .object({
    user: z.int(),
    file: z.int(),
    space: z.int(),
    role: z.int(),
    category: z.int(),
    space_member: z.int(),
    conversation: z.int(),
    message: z.int(),
    member: z.int(),
    read: z.int(),
  })
  .openapi("RecordCounts", {
    description: "Records by their type",
    example: {
      ...{ user: 100, file: 8, space: 1, role: 2, category: 2, space_member: 40 },
      ...{ conversation: 3, message: 4_000, member: 60, read: 0 },
    },
  });

const Report = z
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

const Sha256Params = z.object({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits, lower-case")
    .openapi({ description: "Of the bytes" }),
});

const dataRoute = serverRoutes("data", "page");

const importRoute = dataRoute("post", "/v1/server/imports", {
  operationId: "importRecords",
  summary: "Store records",
  description: `JSON Lines of at most ${LIMITS.importBytes / 1_048_576} MiB, of an export or made from elsewhere. Whatever the order of the lines is, users come first, then files, spaces, their roles, categories and members, conversations, messages, members, reads; in a long file that is cut into several bodies they come in this order. Idempotent by external ids: what is there stays, but a message that differs becomes as it is given. Messages keep their times, and come behind the newest one of their conversation. Members have read all, unless a \`read\` says otherwise; nobody is notified, and no hook is told. A line that cannot be stored is reported and keeps no other.`,
  request: {
    query: ImportQuery,
    body: { required: true, content: { [JSON_LINES]: { schema: RECORDS } } },
  },
  responses: {
    200: jsonAnswer("What became of the lines", Report),
    ...problems("validation_failed", "too_large"),
  },
});

const fileRoute = dataRoute("put", "/v1/server/imports/files/{sha256}", {
  operationId: "importFile",
  summary: "Store the bytes of an imported file",
  description: "For each of `files_wanted`: the bare bytes. They have to have this hash.",
  request: { params: Sha256Params, body: { required: true, content: { "*/*": { schema: BYTES } } } },
  responses: {
    200: { description: "The bytes are there already" },
    201: { description: "The bytes are stored" },
    ...problems("validation_failed", "not_found", "too_large"),
  },
});

export const imports = v1Router()
  .openapi(importRoute, async (c) => {
    const body = decodeUtf8(await readUpTo(c.req.raw, LIMITS.importBytes));
    const report = new ImportReport();
    const lines = await readRecords(body, report);
    if (c.req.valid("query").dry_run) report.wouldImport(lines.map(({ record }) => record.type));
    else await importRecords(c.var.core, c.var.key.id, lines, report);
    return c.json(serializeReport(report), 200);
  })
  .openapi(fileRoute, async (c) => {
    const { sha256 } = c.req.valid("param");
    const upload = readBareBody(c.req.raw, c.var.core.timing.uploads);
    const isNew = await storeImportedFile(c.var.core, sha256, upload);
    return c.body(null, isNew ? 201 : 200);
  });

/** What became of the lines of an import. */
function serializeReport(report: ImportReport): z.infer<typeof Report> {
  const { imported, unchanged, leftOut, leftOutCount, filesWanted } = report;
  return {
    imported,
    unchanged,
    left_out: leftOut.map(({ line, type, externalId, reason }) => {
      return { line, type, external_id: externalId, reason };
    }),
    left_out_count: leftOutCount,
    files_wanted: filesWanted.map(({ externalId, sha256 }) => ({ external_id: externalId, sha256 })),
  };
}
