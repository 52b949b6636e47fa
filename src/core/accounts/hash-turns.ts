import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";

/**
 * Lets one password be hashed at a time in an isolate. The runtime computes a hash in one piece, and
 * everything else in the isolate waits for it: between two hashes there is a pause. A call polls for its
 * turn, since a promise that another request resolves may never resume here, and a cancelled request ends
 * without an event.
 */
export class HashTurns {
  readonly #timing: Timing["hashing"];
  /** The calls that wait, in order, and when each last asked for its turn (ms). */
  readonly #waiting = new Map<object, number>();
  /** The call whose turn it is, and since when (ms). */
  #current: { since: number } | null = null;

  constructor(timing: Timing["hashing"]) {
    this.#timing = timing;
  }

  /**
   * @returns the result of `work`; rejects as `work` does
   * @throws `unavailable` if `maxWaiting` calls wait already, or after `waitMs`; `work` is not run then
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { turn, waited } = await this.#takeTurn();
    try {
      const { pauseMs, yieldMs } = this.#timing;
      const ms = waited ? pauseMs : yieldMs;
      if (ms > 0) await scheduler.wait(ms);
      return await work();
    } finally {
      if (this.#current === turn) this.#current = null;
    }
  }

  /** Takes the turn, in the step in which it is found free. @returns also whether the call had to wait */
  async #takeTurn(): Promise<{ turn: object; waited: boolean }> {
    const started = Date.now();
    this.#forgetLost(started);
    if (!this.#current && this.#waiting.size === 0) return { turn: this.#begin(), waited: false };
    if (this.#waiting.size >= this.#timing.maxWaiting) throw this.#busy();
    const call = {};
    try {
      for (let now = started; ; now = Date.now()) {
        this.#forgetLost(now);
        this.#waiting.set(call, now);
        const [next] = this.#waiting.keys();
        if (next === call && !this.#current) return { turn: this.#begin(), waited: true };
        if (now - started > this.#timing.waitMs) throw this.#busy();
        await scheduler.wait(this.#timing.pollMs);
      }
    } finally {
      this.#waiting.delete(call);
    }
  }

  #begin(): object {
    this.#current = { since: Date.now() };
    return this.#current;
  }

  /** Forgets calls whose requests were cancelled. */
  #forgetLost(now: number): void {
    const oldest = now - this.#timing.lostMs;
    for (const [call, asked] of this.#waiting) if (asked < oldest) this.#waiting.delete(call);
    if (this.#current && this.#current.since < oldest) this.#current = null;
  }

  #busy(): CoreError {
    const detail = "Too many people are signing in here right now. Try again.";
    return new CoreError("unavailable", detail, { retryAfter: this.#timing.retryAfterS });
  }
}
