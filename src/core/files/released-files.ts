import type { ReleasedFileDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { deleteBlobs } from "../../storage/files/blobs.ts";
import { deleteReleasedFiles, postponeDeletion } from "../../storage/files/released-files.ts";

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
