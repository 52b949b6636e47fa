import type { Timing } from "../domain/timing.ts";

/** Lets things happen a few at once, and then so many a second. */
export class Pacer {
  readonly #timing: Timing["pace"];
  #tokens = 0;
  // Long ago: the first turn finds them full.
  #refilledAt = 0;

  constructor(timing: Timing["pace"]) {
    this.#timing = timing;
  }

  /** Resolves when it is time for the next one. */
  async next(): Promise<void> {
    const { perSecond, burst } = this.#timing;
    const now = Date.now();
    // A clock that goes back takes none.
    const passed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(burst, this.#tokens + (passed / 1_000) * perSecond) - 1;
    this.#refilledAt = now;
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
