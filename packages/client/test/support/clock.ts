import { setImmediate as turn } from "node:timers/promises";
import { vi } from "vitest";

/**
 * The client's timers, none of which ends by itself. Those of sockets, servers and Node have the real time.
 */
export class Clock {
  readonly #timers = new Map<number, { delay: number; end: () => void }>();
  #last = 0;

  /**
   * Takes the place of `setTimeout` until `vi.unstubAllGlobals`.
   * @param folder whose timers. A client of a test file before may still repeat a call.
   */
  constructor(folder = "/client/src/") {
    const { setTimeout: begin, clearTimeout: forget } = globalThis;
    vi.stubGlobal("setTimeout", (end: () => void, delay = 0) => {
      // The third line of the stack is the caller.
      if (!new Error().stack?.split("\n")[2]?.includes(folder)) return begin(end, delay);
      this.#timers.set(++this.#last, { delay, end });
      return this.#last;
    });
    vi.stubGlobal("clearTimeout", (timer: number | NodeJS.Timeout | undefined) => {
      if (typeof timer !== "number" || !this.#timers.delete(timer)) forget(timer);
    });
  }

  /** The times of the timers that are set, in ms. */
  get set(): number[] {
    return [...this.#timers.values()].map(({ delay }) => delay);
  }

  /** Waits until a timer is set to a time, in ms, and ends it. */
  async pass(delay: number): Promise<void> {
    while (!this.set.includes(delay)) await turn();
    const [timer, found] = [...this.#timers].find(([, one]) => one.delay === delay) ?? [0];
    this.#timers.delete(timer);
    found?.end();
  }
}
