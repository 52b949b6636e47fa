import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs, listBlobs } from "../../storage/files/blobs.ts";
import { existingFiles } from "../../storage/files/files.ts";

const HOUR_MS = 60 * 60 * 1_000;

/**
 * Deletes bytes without a row that are older than `orphanMs`: uploads which broke off behind the last byte
 * and before the row. Each hour looks at the keys which begin with another hexadecimal digit, so that
 * a run stays short and all of the bucket is seen in 16 hours. What is not named as a file of ours is
 * left alone.
 * @param now milliseconds since 1970
 */
export async function sweepFiles(
  db: Database,
  files: R2Bucket,
  now: number,
  { orphanMs }: Timing["fileSweep"],
): Promise<void> {
  const digit = (Math.floor(now / HOUR_MS) % 16).toString(16);
  let swept = 0;
  for await (const page of listBlobs(files, digit)) {
    const old = page.filter(({ uploadedAt }) => uploadedAt < now - orphanMs).map(({ key }) => key);
    const wanted = await existingFiles(db, old);
    const orphans = old.filter((key) => !wanted.has(key));
    await deleteBlobs(files, orphans);
    swept += orphans.length;
  }
  if (swept > 0) log("info", "files_swept", { swept });
}
