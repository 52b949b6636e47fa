import { vi } from "vitest";

/** The clock and the timers of code that waits for timer turns, moved by hand. */
export class ManualTurns {
  now = 1_000_000;
  readonly #timers = new Map<number, () => void>();
  #last = 0;
  readonly #clock = vi.spyOn(Date, "now").mockImplementation(() => this.now);
  readonly #set = vi.spyOn(globalThis, "setTimeout");
  readonly #clear = vi.spyOn(globalThis, "clearTimeout");

  constructor() {
    // The types of workerd and of Node disagree about what a timer is.
    this.#set.mockImplementation(((run: () => void) => {
      this.#last++;
      this.#timers.set(this.#last, run);
      return this.#last;
    }) as never);
    this.#clear.mockImplementation(((id: number) => void this.#timers.delete(id)) as never);
  }

  /** The turns that are waited for. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Runs the timers that are set now. */
  turn(): void {
    const due = [...this.#timers.values()];
    this.#timers.clear();
    for (const run of due) run();
  }

  [Symbol.dispose](): void {
    for (const mock of [this.#clock, this.#set, this.#clear]) mock.mockRestore();
  }
}
