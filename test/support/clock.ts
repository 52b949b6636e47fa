import { onTestFinished, vi } from "vitest";

const realNow = Date.now;
/** So far the clock is ahead of the machine's. */
let aheadMs = 0;
let stoodAt: number | null = null;

/**
 * The clock of all objects stands still until it `goesOn`, or the test is over: however long the machine takes,
 * nothing of theirs is over by itself. `advance` moves it all the same.
 */
export function standStill(): { goesOn(): void } {
  takeOver();
  stoodAt ??= realNow();
  return {
    goesOn: () => {
      stoodAt = null;
    },
  };
}

/**
 * Moves the clock of all objects on, whether it runs or stands still, until the test is over: what they compare with
 * `Date.now()` – cooldowns, leases, expiries, jobs that are due – is over at once. Tests and objects share one isolate,
 * so all of them see it.
 *
 * Timers (`setTimeout`) and alarms go by the machine's clock. A job that is due now runs with the object's alarm:
 * `await runDurableObjectAlarm(stub)`, which says false if none is set. What waits in a timer is woken by the next
 * thing that happens to the object, or is given a short wait with `handIn`.
 */
export function advance(ms: number): void {
  takeOver();
  aheadMs += ms;
}

const now = () => (stoodAt ?? realNow()) + aheadMs;

/** Sets the clock by hand from now on. */
function takeOver(): void {
  const isMocked = vi.isMockFunction(Date.now);
  const clock = vi.spyOn(Date, "now");
  if (isMocked && clock.getMockImplementation() === now) return;
  aheadMs = 0;
  stoodAt = null;
  clock.mockImplementation(now);
  onTestFinished(() => clock.mockRestore());
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
