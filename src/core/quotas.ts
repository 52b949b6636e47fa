import { CoreError, type ErrorCode } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import {
  COUNTED_QUOTAS,
  type CountedQuota,
  limitFor,
  type QuotaName,
  type QuotaUse,
} from "../domain/quotas.ts";
import { errorFields, log } from "../lib/logger.ts";
import { LruMap } from "../lib/lru-map.ts";
import { randomHex } from "../lib/random.ts";
import { findAccountable } from "../storage/bots/bots.ts";
import type { Core } from "./context.ts";

/** After these the work may have been done. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set(["unavailable", "internal"]);

/** Users of whom an isolate knows for whom it counts what they do. */
const MAX_KNOWN = 10_000;

const known = new LruMap<UserId, UserId>(() => MAX_KNOWN);

/** For whom it counts what a user does. D1 is asked of each once. @see findAccountable */
async function accountableOf(core: Core, id: UserId): Promise<UserId> {
  const found = known.get(id) ?? (await findAccountable(core.db, id))?.id ?? id;
  known.set(id, found);
  return found;
}

/**
 * Does something that counts, as far as the settings limit it: for the caller, or for the maker of a bot
 * (`BOTS_COUNT`). It counts before `work`, so a crash between them counts what was not done: the same again
 * does not count a second time. Work that is refused has not counted.
 * @param uses of each quota, keys of what is done
 * @throws `quota` over a quota: then nothing is done; whatever `work` throws
 */
export async function counted<T>(
  core: Core,
  caller: UserId,
  uses: { [Quota in CountedQuota]?: string[] },
  work: () => Promise<T>,
): Promise<T> {
  const limited = COUNTED_QUOTAS.flatMap((quota) => {
    const keys = core.settings.quotas[quota] === null ? [] : (uses[quota] ?? []);
    return keys.length === 0 ? [] : { quota, keys };
  });
  if (limited.length === 0) return work();
  const call = randomHex();
  const payer = await accountableOf(core, caller);
  // What a user and a bot of theirs do to the same user is two uses.
  const own = payer === caller ? limited : limited.map((use) => ofBot(caller, use));
  await core.inboxes.takeQuota(payer, { call, uses: own });
  try {
    return await work();
  } catch (error) {
    if (error instanceof CoreError && !UNCERTAIN.has(error.code))
      await core.inboxes
        .giveQuotaBack(payer, { call })
        .catch((failure: unknown) => log("warn", "quota_not_given_back", errorFields(failure)));
    throw error;
  }
}

function ofBot(bot: UserId, { quota, keys }: QuotaUse): QuotaUse {
  return { quota, keys: keys.map((key) => `bot ${bot} ${key}`) };
}

/** The most that a user may have of what D1 has, with their bots; null: any number. */
export async function limitOf(core: Core, userId: UserId, quota: QuotaName): Promise<number | null> {
  const limit = core.settings.quotas[quota];
  if (limit === null) return null;
  const account = await findAccountable(core.db, userId);
  return limitFor(limit, account?.registeredAt ?? 0, Date.now());
}
