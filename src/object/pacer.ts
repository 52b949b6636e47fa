import type { Timing } from "../domain/timing.ts";

/** A token bucket: `burst` calls at once, then `perSecond` calls a second. */
export class Pacer {
  readonly #timing: Timing["pace"];
  #tokens = 0;
  // The bucket is full at the first call.
  #refilledAt = 0;

  constructor(timing: Timing["pace"]) {
    this.#timing = timing;
  }

  /** Takes a token. Resolves when the next call may start. */
  async next(): Promise<void> {
    const { perSecond, burst } = this.#timing;
    const now = Date.now();
    // A clock that runs backwards takes no tokens away.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(burst, this.#tokens + (elapsed / 1_000) * perSecond) - 1;
    this.#refilledAt = now;
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
