import type { ConversationStubs } from "../conversation/stub.ts";
import type { Timing } from "../domain/timing.ts";
import { errorFields, log } from "../lib/logger.ts";
import { forEachConcurrent } from "../object/concurrency.ts";
import { deleteOldAttempts } from "../storage/accounts/password-attempts.ts";
import { deleteExpiredSessions } from "../storage/accounts/sessions.ts";
import { deleteOldSignInPlaces } from "../storage/accounts/sign-in-places.ts";
import { fillInUsernameKeys } from "../storage/accounts/username-keys.ts";
import { deleteOldRejections } from "../storage/contacts/friends.ts";
import { deleteOldLookups } from "../storage/contacts/strangers.ts";
import { findRetentionRound, storeRetentionRound } from "../storage/conversations/retention-round.ts";
import { listConversationIds } from "../storage/data/exported.ts";
import type { Database } from "../storage/database.ts";
import { deleteOldHolds } from "../storage/files/file-holds.ts";
import { deleteOldLinkPreviews } from "../storage/link-previews.ts";
import { deleteOldHeldMessages } from "../storage/moderation/held-messages.ts";
import { deleteKeptMessages } from "../storage/moderation/reports.ts";
import { deleteOldUserEvents } from "../storage/server/user-events.ts";
import { attemptLifetimeMs } from "./accounts/passwords.ts";
import {
  deleteFilesThatExpired,
  deleteOrphanedFiles,
  discardExpiredUploads,
  markFilesThatNothingShows,
} from "./files/file-deletion.ts";

/** Names in a statement of D1 that stores their keys, which takes about 2 ms of CPU. */
const NAMES_AT_ONCE = 200;
/** Names whose keys one hourly job stores. */
const MAX_NAMES = 10_000;

/**
 * The hourly cleanup. It deletes expired sessions, password attempts that are too old to count, places from
 * which nobody has signed in for long, counts of look-ups of earlier days, rejections of friend requests
 * after which the same user may ask again, what old reports keep, previews of links, files that nothing shows
 * any more, uploads in parts that have expired, and bytes without a file. Then it stores the keys of
 * usernames that lack them.
 */
export async function deleteExpired(db: Database, files: R2Bucket, timing: Timing): Promise<void> {
  const now = Date.now();
  await deleteExpiredSessions(db, now);
  await deleteOldAttempts(db, now - attemptLifetimeMs(timing.passwords));
  await deleteOldSignInPlaces(db, now - timing.passwords.placeLifetimeMs);
  // First: a file that was held until now may be marked at once.
  await deleteOldHolds(db, now);
  await markFilesThatNothingShows(db, now, timing.files);
  await deleteFilesThatExpired(db, files, now, timing.files);
  await discardExpiredUploads(db, files, now);
  await deleteOldLookups(db, now);
  await deleteOldRejections(db, now - timing.rejections.cooldownMs);
  await deleteKeptMessages(db, now - timing.moderation.keepReportsMs);
  await deleteOldHeldMessages(db, now - timing.moderation.keepReportsMs);
  await deleteOldLinkPreviews(db, now - timing.linkPreviews.keepMs);
  await deleteOldUserEvents(db, now - timing.hooks.keepUserEventsMs);
  await deleteOrphanedFiles(db, files, now, timing.orphanedFiles);
  for (let done = 0; done < MAX_NAMES; done += NAMES_AT_ONCE) {
    if (!(await fillInUsernameKeys(db, NAMES_AT_ONCE))) break;
  }
}

/** The conversations that are called at once, before the place is stored, and in one hour. */
const AT_ONCE = 20;
const PAGE = 100;
const MAX_CALLED = 5_000;

/**
 * Wakes each conversation once after a change of `RETENTION_DAYS`, in parts: a conversation that sleeps
 * does not know of it, and would keep its messages until somebody comes. Once awake it schedules by itself.
 * A conversation that fails learns of the setting when it next wakes. During an outage the round waits for
 * the next hour. A conversation that is made later knows the setting.
 * @param days the setting; null: there is none
 * @param maxCalled of this part
 */
export async function wakeForRetention(
  db: Database,
  conversations: Pick<ConversationStubs, "checkRetention">,
  days: number | null,
  maxCalled = MAX_CALLED,
): Promise<void> {
  const last = await findRetentionRound(db);
  if (days === null) {
    if (last) await storeRetentionRound(db, null);
    return;
  }
  let after = last?.days === days ? last.after : 0;
  for (let called = 0; after !== null && called < maxCalled; called += PAGE) {
    const ids = await listConversationIds(db, after, PAGE);
    let failures = 0;
    await forEachConcurrent(AT_ONCE, ids, async (id) => {
      try {
        await conversations.checkRetention(id, {});
      } catch (error) {
        failures++;
        log("warn", "retention_not_checked", { conversation: id, ...errorFields(error) });
      }
    });
    if (failures > 0 && failures === ids.length) return;
    after = ids.length < PAGE ? null : (ids.at(-1) ?? null);
    await storeRetentionRound(db, { days, after });
  }
}
