import type { Timing } from "../domain/timing.ts";
import { deleteOldAttempts } from "../storage/accounts/password-attempts.ts";
import { deleteExpiredSessions } from "../storage/accounts/sessions.ts";
import { deleteOldSignInPlaces } from "../storage/accounts/sign-in-places.ts";
import { deleteOldRejections } from "../storage/contacts/friends.ts";
import type { Database } from "../storage/database.ts";
import { attemptLifetimeMs } from "./accounts/passwords.ts";
import { deleteFilesThatExpired, markFilesThatNothingShows } from "./files/expired-files.ts";
import { deleteOrphanedFiles } from "./files/orphaned-files.ts";

/**
 * The hourly cleanup. It deletes expired sessions, password attempts that are too old to count, places from
 * which nobody has signed in for long, rejections of friend requests after which the same user may ask again,
 * files that nothing shows any more, and bytes without a file.
 */
export async function deleteExpired(db: Database, files: R2Bucket, timing: Timing): Promise<void> {
  const now = Date.now();
  await deleteExpiredSessions(db, now);
  await deleteOldAttempts(db, now - attemptLifetimeMs(timing.passwords));
  await deleteOldSignInPlaces(db, now - timing.passwords.placeLifetimeMs);
  await markFilesThatNothingShows(db, now, timing.files);
  await deleteFilesThatExpired(db, files, now);
  await deleteOldRejections(db, now - timing.rejections.cooldownMs);
  await deleteOrphanedFiles(db, files, now, timing.orphanedFiles);
}
