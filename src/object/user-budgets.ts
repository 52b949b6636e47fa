import { CoreError, type Failure } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import type { Timing } from "../domain/timing.ts";

/** What things weigh, in light calls. */
export const WEIGHTS = {
  /** the server's own calls, and reads so light that other calls end with them: they are never refused */
  unweighed: 0,
  /** a frame, a send, a conversation that is synced, a refusal */
  light: 1,
  /** a page of messages or of a list, opening a socket */
  page: 5,
  /** a search, or the beginning of a whole history: the rates of calls and one at a time bound them first */
  search: 20,
} as const;

/** So many bytes of a frame or a message weigh as much as a light call. */
const BYTES_PER_UNIT = 2_048;
/** So many messages of a page weigh as much. */
const MESSAGES_PER_UNIT = 25;
/** Budgets in memory before full ones are looked for. */
const MIN_KEPT = 1_000;
/** A debt that takes longer to pay off, or grows by that, is stored (ms). */
const STORED_FROM_MS = 10_000;

/** The debts that outlast the memory of an object. `until`: when they are paid off (ms since 1970). */
export const DEBTS_TABLE = `CREATE TABLE IF NOT EXISTS debts (
    user_id INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT;`;

interface Budget {
  /** what is left at the time `at` (ms); below 0: a debt */
  level: number;
  at: number;
  /** the end of the debt that is stored (ms); 0: none is */
  storedUntil: number;
}

/** @returns what so many bytes weigh besides the frame or call that has them */
export function weightOfBytes(bytes: number): number {
  return Math.floor(bytes / BYTES_PER_UNIT);
}

/** @returns what so many messages of a page weigh besides the request for it */
export function weightOfMessages(count: number): number {
  return Math.floor(count / MESSAGES_PER_UNIT);
}

/**
 * What each user may still ask of one object, over all their sockets and calls: a token bucket. It holds
 * `burst` light calls and fills by `perSecond`. A user with anything left is granted the next thing, whatever
 * it weighs: a costly one leaves a debt. Full budgets are forgotten. A long debt is stored, so that an object
 * that sleeps or is reset remembers it.
 */
export class UserBudgets {
  readonly #sql: SqlStorage;
  readonly #isOff: boolean;
  readonly #limits: Timing["userBudgets"];
  readonly #budgets = new Map<UserId, Budget>();
  #sweepAt = MIN_KEPT;

  /** @param settings `rateLimits`: false: every user may everything */
  constructor(sql: SqlStorage, settings: { rateLimits: boolean }, limits: Timing["userBudgets"]) {
    this.#sql = sql;
    this.#isOff = !settings.rateLimits;
    this.#limits = limits;
    const now = Date.now();
    sql.exec("DELETE FROM debts WHERE until <= ?", now);
    const query = "SELECT user_id, until FROM debts";
    for (const { user_id, until } of sql.exec<{ user_id: UserId; until: number }>(query)) {
      const level = -((until - now) / 1_000) * limits.perSecond;
      this.#budgets.set(user_id, { level, at: now, storedUntil: until });
    }
  }

  /**
   * Takes what something weighs, if anything is left.
   * @returns whether it is granted; a refusal costs as much as a light call
   */
  take(userId: UserId, weight: number = WEIGHTS.light): boolean {
    const isGranted = this.#levelOf(userId) > 0;
    this.charge(userId, isGranted ? weight : WEIGHTS.light);
    return isGranted || this.#isOff;
  }

  /**
   * The same for several things of equal weight. @returns how many of them, from the first on, are granted
   */
  takeEach(userId: UserId, count: number): number {
    let granted = 0;
    for (let i = 0; i < count; i++) if (this.take(userId)) granted++;
    return granted;
  }

  /** The same for a call. @throws `rate_limited` with the time until something is left */
  require(userId: UserId, weight: number): void {
    if (this.take(userId, weight)) return;
    const { code, detail, data } = this.refusal(userId);
    throw new CoreError(code, detail, data);
  }

  /** Takes a weight that is known only afterwards, or that is there already. */
  charge(userId: UserId, weight: number): void {
    if (this.#isOff || weight === 0) return;
    const { burst } = this.#limits;
    const now = Date.now();
    const level = this.#levelOf(userId) - weight;
    const storedUntil = this.#store(userId, level, now);
    this.#budgets.set(userId, { level, at: now, storedUntil });
    if (this.#budgets.size <= this.#sweepAt) return;
    for (const id of this.#budgets.keys()) if (this.#levelOf(id) >= burst) this.#budgets.delete(id);
    this.#sweepAt = Math.max(MIN_KEPT, 2 * this.#budgets.size);
  }

  /** Whether a user has nothing left. */
  isSpent(userId: UserId): boolean {
    return this.#levelOf(userId) <= 0 && !this.#isOff;
  }

  /** Whether a user owes a whole budget: their client ignores refusals, or has sent what is far too large. */
  isAbused(userId: UserId): boolean {
    return this.#levelOf(userId) < -this.#limits.burst;
  }

  /** The refusal of a user who has nothing left, with the time until something is. */
  refusal(userId: UserId): Failure {
    const { burst, perSecond } = this.#limits;
    const retryAfter = Math.max(1, Math.ceil((1 - this.#levelOf(userId)) / perSecond));
    const detail = `You have asked for too much here: ${perSecond} light calls or frames a second, and ${burst} at once, on all devices together. Try again in ${retryAfter} seconds.`;
    return { ok: false, code: "rate_limited", detail, data: { retryAfter } };
  }

  #levelOf(userId: UserId): number {
    const { burst, perSecond } = this.#limits;
    const budget = this.#budgets.get(userId);
    if (!budget) return burst;
    const filled = (Math.max(0, Date.now() - budget.at) / 1_000) * perSecond;
    return Math.min(burst, budget.level + filled);
  }

  /** Stores a long debt, or a longer one. @returns the end of the stored one (ms), or 0 */
  #store(userId: UserId, level: number, now: number): number {
    const stored = this.#budgets.get(userId)?.storedUntil ?? 0;
    const until = Math.ceil(now - (level / this.#limits.perSecond) * 1_000);
    if (until - Math.max(stored, now) < STORED_FROM_MS) return stored;
    const upsert =
      "INSERT INTO debts (user_id, until) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET until = excluded.until";
    this.#sql.exec(upsert, userId, until);
    return until;
  }
}
