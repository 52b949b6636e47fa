import type { Timing } from "../../domain/timing.ts";

/**
 * How many thumbnails an isolate makes at once. Nobody waits for a turn: who gets none serves the picture
 * itself.
 */
export class ThumbnailTurns {
  readonly #timing: Timing["thumbnails"];
  /** when each of them was taken */
  readonly #taken = new Map<symbol, number>();

  constructor(timing: Timing["thumbnails"]) {
    this.#timing = timing;
  }

  /** @returns ends the turn; undefined: there is none */
  take(): Disposable | undefined {
    const { atOnce, claimMs } = this.#timing;
    const now = Date.now();
    // A request that was cancelled ends without a word.
    for (const [turn, since] of this.#taken) if (since + claimMs <= now) this.#taken.delete(turn);
    if (this.#taken.size >= atOnce) return undefined;
    const turn = Symbol();
    this.#taken.set(turn, now);
    return { [Symbol.dispose]: () => void this.#taken.delete(turn) };
  }
}
