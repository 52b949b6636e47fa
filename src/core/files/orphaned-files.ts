import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs, listBlobs } from "../../storage/files/blobs.ts";
import { findExistingKeys } from "../../storage/files/files.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** The hexadecimal digit whose keys the cleanup of this hour covers. @param now milliseconds since 1970 */
export function digitOfHour(now: number): string {
  return (Math.floor(now / HOUR_MS) % 16).toString(16);
}

/**
 * Deletes bytes without a row that are older than `orphanMs`: uploads that broke off between the last byte
 * and the row. Each hour covers the keys that begin with another hexadecimal digit. A run therefore stays
 * short, and 16 hours cover the bucket. Objects whose keys are no file keys are left alone.
 * @param now milliseconds since 1970
 */
export async function deleteOrphanedFiles(
  db: Database,
  files: R2Bucket,
  now: number,
  { orphanMs }: Timing["orphanedFiles"],
): Promise<void> {
  const digit = digitOfHour(now);
  let deleted = 0;
  for await (const page of listBlobs(files, digit)) {
    const old = page.filter(({ uploadedAt }) => uploadedAt < now - orphanMs).map(({ key }) => key);
    const existing = await findExistingKeys(db, old);
    const orphans = old.filter((key) => !existing.has(key));
    await deleteBlobs(files, orphans);
    deleted += orphans.length;
  }
  if (deleted > 0) log("info", "orphan_files_deleted", { deleted });
}
