import type { Database } from "../storage/database.ts";
import { deleteOldAttempts } from "../storage/password-attempts.ts";
import { deleteExpiredSessions } from "../storage/sessions.ts";
import { ATTEMPT_LIFETIME_MS } from "./passwords.ts";

/** Deletes what time has made meaningless: expired sessions, and attempts which decide no lock any more. */
export async function sweep(db: Database): Promise<void> {
  const now = Date.now();
  await deleteExpiredSessions(db, now);
  await deleteOldAttempts(db, now - ATTEMPT_LIFETIME_MS);
}
