import { DAY_MS, limitFor, overQuota, type QuotaName, type Quotas, type QuotaUse } from "../domain/quotas.ts";

/**
 * What the user has done in the last day that is counted.
 * - `key`: of what was done, so that the same counts once.
 * - `call`: the call that counted it, which may give it back; NULL: another call has done the same.
 */
export const QUOTA_USES_TABLE = `
  CREATE TABLE quota_uses (
    quota TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    call TEXT,
    PRIMARY KEY (quota, key)
  ) STRICT, WITHOUT ROWID;`;

/**
 * The quotas of a day. A use counts for 24 hours. The uses of a call count before its work, all or none, in
 * one turn: of fifty calls at once none passes the limit.
 */
export class QuotaUses {
  readonly #storage: DurableObjectStorage;
  readonly #quotas: Quotas;
  readonly #registeredAt: () => number;

  constructor(storage: DurableObjectStorage, quotas: Quotas, registeredAt: () => number) {
    this.#storage = storage;
    this.#quotas = quotas;
    this.#registeredAt = registeredAt;
  }

  /**
   * Counts what a call is about to do. What was counted in the last day does not count again. Idempotent.
   * @throws `quota` for too much: nothing is counted then
   */
  take(call: string, uses: QuotaUse[]): void {
    const now = Date.now();
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec("DELETE FROM quota_uses WHERE at <= ?", now - DAY_MS);
      for (const use of uses) this.#takeOne(call, use, now);
    });
  }

  /** A call was refused: what it alone has counted counts no more. Idempotent. */
  giveBack(call: string): void {
    this.#storage.sql.exec("DELETE FROM quota_uses WHERE call = ?", call);
  }

  /** The most that the user may have of a quota today; null: any number. */
  limitOf(quota: QuotaName): number | null {
    return limitFor(this.#quotas[quota], this.#registeredAt(), Date.now());
  }

  #takeOne(call: string, { quota, keys }: QuotaUse, now: number): void {
    const { sql } = this.#storage;
    const times = sql
      .exec<{ at: number }>("SELECT at FROM quota_uses WHERE quota = ? ORDER BY at", quota)
      .toArray()
      .map(({ at }) => at);
    sql.exec(
      `INSERT INTO quota_uses (quota, key, at, call) SELECT ?, value, ?, ? FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET call = NULL WHERE call <> excluded.call`,
      ...[quota, now, call, JSON.stringify(keys)],
    );
    const query = "SELECT count(*) AS count FROM quota_uses WHERE quota = ?";
    const { count } = sql.exec<{ count: number }>(query, quota).one();
    const limit = this.limitOf(quota);
    const used = times.length;
    if (limit === null || count <= limit || count === used) return;
    // As many of the oldest have to end as are too many.
    const last = times[count - limit - 1];
    throw overQuota(quota, { limit, used, resetsAt: last === undefined ? null : last + DAY_MS });
  }
}
