import { CoreError, type ErrorCode } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import { type CountedQuota, limitFor, type QuotaName } from "../domain/quotas.ts";
import { errorFields, log } from "../lib/logger.ts";
import { randomHex } from "../lib/random.ts";
import { findAccountState } from "../storage/accounts/users.ts";
import type { Core } from "./context.ts";

/** After these the work may have been done. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set(["unavailable", "internal"]);

/**
 * Does something that counts, as far as the settings limit it. It counts before `work`, so a crash between
 * them counts what was not done: the same again does not count a second time. Work that is refused has not
 * counted.
 * @param uses of each quota, keys of what is done
 * @throws `quota` over a quota: then nothing is done; whatever `work` throws
 */
export async function counted<T>(
  core: Core,
  caller: UserId,
  uses: { [Quota in CountedQuota]?: string[] },
  work: () => Promise<T>,
): Promise<T> {
  const limited = (["directs", "members", "groups", "requests"] as const).flatMap((quota) => {
    const keys = core.settings.quotas[quota] === null ? [] : (uses[quota] ?? []);
    return keys.length === 0 ? [] : { quota, keys };
  });
  if (limited.length === 0) return work();
  const call = randomHex();
  await core.inboxes.takeQuota(caller, { call, uses: limited });
  try {
    return await work();
  } catch (error) {
    if (error instanceof CoreError && !UNCERTAIN.has(error.code))
      await core.inboxes
        .giveQuotaBack(caller, { call })
        .catch((failure: unknown) => log("warn", "quota_not_given_back", errorFields(failure)));
    throw error;
  }
}

/** The most that a user may have of what D1 has; null: any number. */
export async function limitOf(core: Core, userId: UserId, quota: QuotaName): Promise<number | null> {
  const limit = core.settings.quotas[quota];
  if (limit === null) return null;
  const account = await findAccountState(core.db, userId);
  return limitFor(limit, account?.createdAt ?? 0, Date.now());
}
