import type { Database } from "../storage/database.ts";
import { deleteOldAttempts } from "../storage/password-attempts.ts";
import { deleteExpiredSessions } from "../storage/sessions.ts";
import { sweepFiles } from "./file-sweep.ts";
import { ATTEMPT_LIFETIME_MS } from "./passwords.ts";

/**
 * Deletes what time has made meaningless: expired sessions, attempts which decide no lock any more, and
 * what uploads that came to no end have left.
 */
export async function sweep(db: Database, files: R2Bucket): Promise<void> {
  const now = Date.now();
  await deleteExpiredSessions(db, now);
  await deleteOldAttempts(db, now - ATTEMPT_LIFETIME_MS);
  await sweepFiles(db, files, now);
}
