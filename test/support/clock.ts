import { onTestFinished, vi } from "vitest";

/**
 * The clock of all objects stands still until it `goesOn`, or the test is over: however long the machine takes,
 * nothing of theirs is over by itself.
 */
export function standStill(): { goesOn(): void } {
  const now = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(now);
  onTestFinished(() => clock.mockRestore());
  return { goesOn: () => clock.mockRestore() };
}

const TICK_MS = 10;

/** Measures the time in which things went on here: on a busy machine they stand still again and again. */
export class Stopwatch implements Disposable {
  #ticks = 0;
  #timer: ReturnType<typeof setTimeout>;

  constructor() {
    const tick = () => {
      this.#ticks++;
      this.#timer = setTimeout(tick, TICK_MS);
    };
    this.#timer = setTimeout(tick, TICK_MS);
  }

  /** So long it has run, in ms. */
  get ms(): number {
    return this.#ticks * TICK_MS;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
