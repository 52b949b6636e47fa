import { vi } from "vitest";
import { until } from "../event-loop.ts";

/** The parts into which the product divides a patience: src/object/calls/deadline.ts. */
const PARTS = 10;

interface Timer {
  isOver: boolean;
}

/**
 * A patience that lasts until the test ends it, by those who hang alone: `using patience = new Patience()`
 * and `overrideTiming({ list: { snapshotTimeoutMs: Patience.MS } })`. A short one would be over on a busy
 * machine for those who answer, too.
 */
export class Patience {
  /** Timers of this time are those of this patience. No other has it. */
  static readonly MS = 20_030;

  readonly #timers = new Map<unknown, Timer>();
  readonly #real = { set: globalThis.setTimeout, clear: globalThis.clearTimeout };
  readonly #set = vi.spyOn(globalThis, "setTimeout");
  readonly #clear = vi.spyOn(globalThis, "clearTimeout");
  /** what a timer sets while it ends continues it */
  #isEnding = false;

  constructor() {
    // The types of workerd and of Node disagree about what a timer is.
    this.#set.mockImplementation(((run: () => void, ms: number, ...input: unknown[]) =>
      ms === Patience.MS || ms === Patience.MS / PARTS
        ? this.#wait(run)
        : Reflect.apply(this.#real.set, globalThis, [run, ms, ...input])) as never);
    this.#clear.mockImplementation(((timer: unknown) => {
      this.#timers.delete(timer);
      Reflect.apply(this.#real.clear, globalThis, [timer]);
    }) as never);
  }

  /** It asks in the object that waits: no object can wake another. */
  #wait(run: () => void): unknown {
    const state: Timer = { isOver: this.#isEnding };
    const timer = setInterval(() => {
      if (!state.isOver) return;
      clearInterval(timer);
      this.#timers.delete(timer);
      this.#isEnding = true;
      run();
      this.#isEnding = false;
    }, 1);
    this.#timers.set(timer, state);
    return timer;
  }

  get #waiting(): Timer[] {
    return [...this.#timers.values()].filter(({ isOver }) => !isOver);
  }

  /**
   * Ends the patience whenever nobody but who hangs is waited for, until an answer is there.
   * @param hangs whether the call that hangs is made
   * @param timers how many wait for it at once
   */
  async answerWithout<T>(hangs: () => boolean, answer: Promise<T>, timers = 1): Promise<T> {
    let isThere = false;
    const end = () => {
      const waiting = this.#waiting;
      if (hangs() && waiting.length === timers) for (const timer of waiting) timer.isOver = true;
      return isThere;
    };
    const there = answer.finally(() => {
      isThere = true;
    });
    const [result] = await Promise.all([there, until(end, "the answer without who hangs")]);
    return result;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#waiting) timer.isOver = true;
    for (const mock of [this.#set, this.#clear]) mock.mockRestore();
  }
}
