import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";

/** A call that waits. */
interface Waiting {
  client: string | null;
  /** when it last asked for its turn (ms) */
  askedAt: number;
}

/**
 * Lets one password be hashed at a time in an isolate. The runtime computes a hash in one piece, and
 * everything else in the isolate waits for it: between two hashes there is a pause. A call polls for its
 * turn, since a promise that another request resolves may never resume here, and a cancelled request ends
 * without an event.
 */
export class HashTurns {
  readonly #timing: Timing["hashing"];
  /** The calls that wait, in order. */
  readonly #waiting = new Map<object, Waiting>();
  /** The call whose turn it is, and since when (ms). */
  #current: { since: number } | null = null;

  constructor(timing: Timing["hashing"]) {
    this.#timing = timing;
  }

  /**
   * @param client its address block, of which few calls wait at once; null: it is unknown
   * @returns the result of `work`; rejects as `work` does
   * @throws `unavailable` if `maxWaiting` calls wait already, `maxOfClient` of them of this client, or after
   *   `waitMs`; `work` is not run then
   */
  async run<T>(work: () => Promise<T>, client: string | null = null): Promise<T> {
    const { turn, waited } = await this.#takeTurn(client);
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
  async #takeTurn(client: string | null): Promise<{ turn: object; waited: boolean }> {
    const started = Date.now();
    this.#forgetLost(started);
    if (!this.#current && this.#waiting.size === 0) return { turn: this.#begin(), waited: false };
    const { maxWaiting, maxOfClient } = this.#timing;
    const own = [...this.#waiting.values()].filter((call) => client !== null && call.client === client);
    if (this.#waiting.size >= maxWaiting || own.length >= maxOfClient) throw this.#busy();
    const call = {};
    try {
      for (let now = started; ; now = Date.now()) {
        this.#forgetLost(now);
        this.#waiting.set(call, { client, askedAt: now });
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
    const { lostMs, lostWaitingMs } = this.#timing;
    for (const [call, { askedAt }] of this.#waiting)
      if (askedAt < now - lostWaitingMs) this.#waiting.delete(call);
    if (this.#current && this.#current.since < now - lostMs) this.#current = null;
  }

  #busy(): CoreError {
    const detail = "Too many people are signing in here right now. Try again.";
    return new CoreError("unavailable", detail, { retryAfter: this.#timing.retryAfterS });
  }
}
