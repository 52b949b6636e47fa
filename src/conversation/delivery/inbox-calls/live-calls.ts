import type { UserId } from "../../../domain/ids.ts";
import type { Timing } from "../../../domain/timing.ts";

/** The calls that may always be in flight. */
const MIN_CONCURRENT = 8;
/** The most calls in flight: each has a page of messages in memory. */
const MAX_CONCURRENT = 64;
/** The share of the newest call in the average. */
const WEIGHT = 1 / 8;

/**
 * The live calls in flight, and whether another may start. The more time calls take, the more are in flight,
 * so that their number a second stays about the same. A call that takes far longer than usual counts no more:
 * an inbox that hangs holds up nobody.
 */
export class LiveCalls {
  readonly #timing: Timing["liveCalls"];
  readonly #onFree: () => void;
  /** the calls that count, and when each began (ms since 1970) */
  readonly #beganAt = new Map<UserId, number>();
  #averageMs = 0;
  #slowTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onFree a call that took too long counts no more */
  constructor(timing: Timing["liveCalls"], onFree: () => void) {
    this.#timing = timing;
    this.#onFree = onFree;
  }

  /** Whether no call counts. */
  get isIdle(): boolean {
    return this.#beganAt.size === 0;
  }

  /** Whether another call may start. If not, the caller asks again when a call ends, or at `onFree`. */
  hasRoom(): boolean {
    const wanted = Math.ceil(this.#averageMs / this.#timing.gapMs);
    const limit = Math.min(Math.max(wanted, MIN_CONCURRENT), MAX_CONCURRENT);
    if (this.#beganAt.size < limit) return true;
    this.#armTimer();
    return false;
  }

  began(id: UserId): void {
    this.#beganAt.set(id, Date.now());
  }

  /** @returns whether the call counted: it was a live one, and not too slow */
  ended(id: UserId): boolean {
    const beganAt = this.#beganAt.get(id);
    if (beganAt === undefined) return false;
    this.#beganAt.delete(id);
    this.#averageMs += (Date.now() - beganAt - this.#averageMs) * WEIGHT;
    return true;
  }

  #armTimer(): void {
    this.#slowTimer ??= setTimeout(() => {
      this.#slowTimer = undefined;
      const since = Date.now() - this.#timing.slowMs;
      for (const [id, beganAt] of this.#beganAt) if (beganAt <= since) this.#beganAt.delete(id);
      this.#onFree();
    }, this.#timing.slowMs);
  }
}
