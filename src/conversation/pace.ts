const PER_SECOND = 200;
const BURST = 50;

/** Lets things happen a few at once, and then so many a second. */
export class Pace {
  #tokens = BURST;
  #refilledAt = 0;

  /** Resolves when it is time for the next one. */
  async next(): Promise<void> {
    const now = Date.now();
    // A clock that goes back takes none.
    const passed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(BURST, this.#tokens + (passed / 1_000) * PER_SECOND) - 1;
    this.#refilledAt = now;
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / PER_SECOND) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
