import type { Database } from "../storage/database.ts";
import { deleteOldAttempts } from "../storage/password-attempts.ts";
import { deleteExpiredSessions } from "../storage/sessions.ts";
import { sweepFiles } from "./file-sweep.ts";
import { attemptLifetimeMs } from "./passwords.ts";
import type { Timing } from "./timing.ts";

/**
 * Deletes what time has made meaningless: expired sessions, attempts which decide no lock any more, and
 * what uploads that came to no end have left.
 */
export async function sweep(db: Database, files: R2Bucket, timing: Timing): Promise<void> {
  const now = Date.now();
  await deleteExpiredSessions(db, now);
  await deleteOldAttempts(db, now - attemptLifetimeMs(timing.passwords));
  await sweepFiles(db, files, now, timing.fileSweep);
}
