import { onTestFinished, vi } from "vitest";

const realNow = Date.now;
/** How far the clock is ahead of the machine's, in ms. */
let aheadMs = 0;
let stoodAt: number | null = null;

/**
 * Freezes the clock of all objects until `resume`, or until the test ends: on a slow machine nothing expires
 * by itself. `advanceClock` still moves it.
 */
export function freezeClock(): { resume(): void } {
  takeOver();
  stoodAt ??= realNow();
  return {
    resume: () => {
      stoodAt = null;
    },
  };
}

/**
 * Moves the clock of all objects forward until the test ends, whether it runs or is frozen. Everything
 * compared with `Date.now()` expires at once: cooldowns, leases, jobs that are due. Tests and objects share
 * one isolate, so all of them see it.
 *
 * Timers (`setTimeout`) and alarms use the machine's clock. A job that is due now runs with the object's
 * alarm: `await runDurableObjectAlarm(stub)`, which returns false if none is set. Code that waits for a timer
 * is woken by the object's next event, or gets a short wait from `overrideTiming`.
 * @param ms how far, in ms
 */
export function advanceClock(ms: number): void {
  takeOver();
  aheadMs += ms;
}

/**
 * Until when (ms since 1970) a job is due that runs now. One that wants to run again at once has a pause of a
 * millisecond (src/object/jobs/alarm-jobs.ts).
 */
export const dueNow = (): number => Date.now() + 1;

const now = () => (stoodAt ?? realNow()) + aheadMs;

/** Replaces `Date.now` until the test ends. */
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

/** Measures the time in which this process was running. A busy machine suspends it again and again. */
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

  /** The measured time, in ms. */
  get ms(): number {
    return this.#ticks * TICK_MS;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
