import type { ConversationStubs } from "../../conversation/stub.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { findRetentionRound, storeRetentionRound } from "../../storage/conversations/retention-round.ts";
import { listConversationIds } from "../../storage/data/exported.ts";
import type { Database } from "../../storage/database.ts";

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
