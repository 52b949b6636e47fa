import { and, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { FileKey } from "../../domain/ids.ts";
import type { KeptFile, ReportId } from "../../domain/moderation/report.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { reportFiles } from "../schema.ts";

const { reportId: _, ...FILE } = getTableColumns(reportFiles);

/** The files that a report keeps. */
export function reportFilesQuery(db: Database, id: ReportId) {
  return db.select(FILE).from(reportFiles).where(eq(reportFiles.reportId, id));
}

/** A file that a report keeps; null: it keeps no such file. */
export async function findReportFile(db: Database, id: ReportId, key: FileKey): Promise<KeptFile | null> {
  const isIt = and(eq(reportFiles.reportId, id), eq(reportFiles.key, key));
  const [found] = await queryD1(db.select(FILE).from(reportFiles).where(isIt));
  return found ?? null;
}

/**
 * Keeps those of these files that exist, if the statement before it in the batch has stored a report.
 * @param reportId a query for the id of the report
 */
export function keepFilesQuery(db: Database, reportId: SQL, keys: readonly FileKey[]) {
  return db.insert(reportFiles).select(
    sql`SELECT (${reportId}), key, name, size, content_type, sha256 FROM files
      WHERE key IN (SELECT value FROM json_each(${JSON.stringify(keys)})) AND changes() > 0`,
  );
}

/** Those of these files whose bytes stay in R2, because a report keeps them. */
export function keptQuery(db: Database, keys: readonly FileKey[]) {
  return db.select({ key: reportFiles.key }).from(reportFiles).where(isAmong(reportFiles.key, keys));
}
