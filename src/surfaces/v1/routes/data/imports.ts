import { importRecords } from "../../../../core/data/import/import-records.ts";
import { ImportReport as DomainImportReport } from "../../../../core/data/import/import-report.ts";
import { storeImportedFile } from "../../../../core/data/import/imported-files.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { decodeUtf8, readUpTo } from "../../../../http/body.ts";
import { readBareBody } from "../../../../http/uploads/upload.ts";
import { JSON_LINES, readRecords } from "../../json-lines.ts";
import { problems } from "../../problems.ts";
import { jsonAnswer, serverRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { ImportQuery, ImportReport, RECORDS, Sha256Params } from "../../schemas/data.ts";
import { BYTES } from "../../schemas/files/files.ts";
import { serializeReport } from "../../serialize/data.ts";

const dataRoute = serverRoutes("data", "page");

const importRoute = dataRoute("post", "/v1/server/imports", {
  operationId: "importRecords",
  summary: "Store records",
  description: `JSON Lines of at most ${LIMITS.importBytes / 1_048_576} MiB, of an export or made from elsewhere. Whatever the order of the lines is, users come first, then files, conversations, messages, members, reads; in a long file that is cut into several bodies they come in this order. Idempotent by external ids: what is there stays, but a message that differs becomes as it is given. Messages keep their times, and come behind the newest one of their conversation. Members have read all, unless a \`read\` says otherwise; nobody is notified, and no hook is told. A line that cannot be stored is reported and keeps no other.`,
  request: {
    query: ImportQuery,
    body: { required: true, content: { [JSON_LINES]: { schema: RECORDS } } },
  },
  responses: {
    200: jsonAnswer("What became of the lines", ImportReport),
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
    const report = new DomainImportReport();
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
