import type { ResumableUpload } from "../../domain/files/resumable-upload.ts";
import type { ReleasedFileDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs, listBlobs } from "../../storage/files/blobs.ts";
import { deleteExpiredFiles, markUnshownFiles } from "../../storage/files/file-expiry.ts";
import { findExistingKeys } from "../../storage/files/files.ts";
import { deleteReleasedFiles, postponeDeletion } from "../../storage/files/released-files.ts";
import { endExpiredUploads } from "../../storage/files/resumable-uploads.ts";
import { discardUploads } from "./resumable-uploads.ts";

/** Files that one statement handles. */
const AT_ONCE = 500;

/**
 * Deletes the files that have expired and that nothing shows: first the rows, then the bytes. Bytes that a
 * crash leaves have no row, and are deleted with the orphaned ones.
 * @param now milliseconds since 1970
 */
export async function deleteFilesThatExpired(
  db: Database,
  files: R2Bucket,
  now: number,
  { deletionMs }: Timing["files"],
): Promise<void> {
  for (let found = AT_ONCE; found === AT_ONCE; ) {
    const result = await deleteExpiredFiles(db, { now, deletionMs }, AT_ONCE);
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
  while ((await markUnshownFiles(db, prefix, { now, expiresAt: now + graceMs }, AT_ONCE)) === AT_ONCE);
}

/** Uploads that one statement handles. Each costs two calls of R2. */
const UPLOADS_AT_ONCE = 50;

/**
 * Ends the uploads in parts that have expired, and deletes what R2 has of all that have ended. Those for
 * which R2 does not answer are left to the next hour.
 * @param now milliseconds since 1970
 */
export async function discardExpiredUploads(db: Database, files: R2Bucket, now: number): Promise<void> {
  let after = "";
  let ended: ResumableUpload[];
  do {
    ended = await endExpiredUploads(db, now, { after, limit: UPLOADS_AT_ONCE });
    await discardUploads(db, files, ended);
    after = ended.at(-1)?.key ?? "";
  } while (ended.length === UPLOADS_AT_ONCE);
}

/** D1 and R2, as objects delete released files there. */
export function releasedFiles(db: Database, bucket: R2Bucket, timing: Timing): ReleasedFileDirectory {
  return {
    async deleteReleasedFiles(keys) {
      const { deletionMs } = timing.files;
      const { gone, nextAt } = await deleteReleasedFiles(db, keys, { now: Date.now(), deletionMs });
      // Also the bytes of files whose rows went before: a crash may have come between the two.
      await deleteBlobs(bucket, gone);
      if (gone.length > 0) log("info", "files_expired", { deleted: gone.length });
      return nextAt;
    },
    postponeDeletion: (keys) => postponeDeletion(db, keys, Date.now()),
  };
}

const HOUR_MS = 60 * 60 * 1_000;

/** The hexadecimal digit whose keys the cleanup of this hour covers. @param now milliseconds since 1970 */
function digitOfHour(now: number): string {
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
