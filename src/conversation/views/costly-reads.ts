import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { KeyQueue } from "../../object/key-queue.ts";

/**
 * Searches and whole histories, which take long: one at a time for each user. The others of that user wait
 * outside of the object's turns, so that what everybody else asks for comes first.
 */
export class CostlyReads {
  readonly #timing: Timing["costlyReads"];
  readonly #queue = new KeyQueue<UserId>();
  readonly #waiting = new Map<UserId, number>();
  /** the whole history that each user reads, until its lease ends (ms) */
  readonly #histories = new Map<UserId, { historyId: string; until: number }>();

  constructor(timing: Timing["costlyReads"]) {
    this.#timing = timing;
  }

  /**
   * Runs a read when the user's earlier ones are done.
   * @throws `rate_limited` if too many of them wait
   */
  async run<T>(userId: UserId, read: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(userId) ?? 0;
    if (waiting > this.#timing.maxWaiting)
      throw new CoreError("rate_limited", "You search and load here too often at once.", { retryAfter: 1 });
    this.#waiting.set(userId, waiting + 1);
    const hasToWait = this.#queue.isBusy(userId);
    try {
      return await this.#queue.run(userId, async () => {
        // Calls of others that have arrived meanwhile come first.
        if (hasToWait) await new Promise((resolve) => setTimeout(resolve));
        return read();
      });
    } finally {
      const left = (this.#waiting.get(userId) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(userId);
      else this.#waiting.set(userId, left);
    }
  }

  /**
   * Notes that a user reads a part of a whole history. They read one at a time.
   * @param isFirst whether this is the first part
   * @throws `rate_limited` for the first part of a history while another one is being read
   */
  beginHistory(userId: UserId, historyId: string, isFirst: boolean): void {
    const now = Date.now();
    const { historyLeaseMs } = this.#timing;
    const current = this.#histories.get(userId);
    const isOther = current !== undefined && current.historyId !== historyId && current.until > now;
    if (isOther && isFirst) {
      const detail = "You are loading a whole history of this conversation. Wait until it has ended.";
      throw new CoreError("rate_limited", detail, { retryAfter: Math.ceil((current.until - now) / 1_000) });
    }
    // A slow reader goes on, though another history was begun meanwhile.
    if (!isOther) this.#histories.set(userId, { historyId, until: now + historyLeaseMs });
  }

  /** Notes that a user has read the last part of a whole history. */
  endHistory(userId: UserId, historyId: string): void {
    if (this.#histories.get(userId)?.historyId === historyId) this.#histories.delete(userId);
  }
}
