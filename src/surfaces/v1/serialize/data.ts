import type { z } from "@hono/zod-openapi";
import type { ImportReport } from "../../../core/data/import/import-report.ts";
import type { ImportReport as Report } from "../schemas/data.ts";

/** What became of the lines of an import. */
export function serializeReport(report: ImportReport): z.infer<typeof Report> {
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
