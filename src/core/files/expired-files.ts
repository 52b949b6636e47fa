import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs } from "../../storage/files/blobs.ts";
import { deleteExpiredFiles, markUnshownFiles } from "../../storage/files/file-expiry.ts";
import { digitOfHour } from "./orphaned-files.ts";

/** Files that one statement handles. */
const AT_ONCE = 500;

/**
 * Deletes the files that have expired and that nothing shows: first the rows, then the bytes. Bytes that a
 * crash leaves have no row, and are deleted with the orphaned ones.
 * @param now milliseconds since 1970
 */
export async function deleteFilesThatExpired(db: Database, files: R2Bucket, now: number): Promise<void> {
  for (let found = AT_ONCE; found === AT_ONCE; ) {
    const result = await deleteExpiredFiles(db, now, AT_ONCE);
    await deleteBlobs(files, result.deleted);
    if (result.deleted.length > 0) log("info", "files_expired", { deleted: result.deleted.length });
    ({ found } = result);
  }
}

/**
 * Marks the files that nothing shows, of users who took them back or have deleted their accounts. Each hour
 * covers the keys that begin with another hexadecimal digit, so 16 hours cover all.
 * @param now milliseconds since 1970
 */
export async function markFilesThatNothingShows(
  db: Database,
  now: number,
  { graceMs }: Timing["files"],
): Promise<void> {
  const prefix = digitOfHour(now);
  while ((await markUnshownFiles(db, prefix, now + graceMs, AT_ONCE)) === AT_ONCE);
}
