import { setImmediate as turn } from "node:timers/promises";
import { vi } from "vitest";

/** Longer than any test, in ms. */
const NEVER = 2 ** 30;

/** The timers of a test: none ends by itself. Sockets and files have the real time. */
export class Clock {
  readonly #timers = new Map<NodeJS.Timeout, { delay: number; end: () => void }>();

  /** Takes the place of `setTimeout` until `vi.unstubAllGlobals`. */
  constructor() {
    const { setTimeout: begin, clearTimeout: forget } = globalThis;
    // Node's own sockets use timers too, and want real ones.
    vi.stubGlobal("setTimeout", (end: () => void, delay = 0) => {
      const timer = begin(end, NEVER);
      this.#timers.set(timer, { delay, end });
      return timer;
    });
    vi.stubGlobal("clearTimeout", (timer: NodeJS.Timeout) => {
      forget(timer);
      this.#timers.delete(timer);
    });
  }

  /** The times of the timers that are set, in ms. */
  get set(): number[] {
    return [...this.#timers.values()].map(({ delay }) => delay);
  }

  /** Waits until a timer is set to a time, in ms, and ends it. */
  async pass(delay: number): Promise<void> {
    for (;;) {
      for (const [timer, { delay: set, end }] of this.#timers)
        if (set === delay) {
          clearTimeout(timer);
          end();
          return;
        }
      await turn();
    }
  }
}
