import { AsyncLocalStorage } from "node:async_hooks";
import { vi } from "vitest";

/** What the Worker or an object does, and logs about. */
interface Work {
  /** how many scopes of errors had begun when it began */
  scopes: number;
  /** an object of an earlier test file does it, whose storage `reset()` has left */
  isOfEarlierFile: boolean;
}

const work = new AsyncLocalStorage<Work>();
let scopes = 0;

/** Runs a request, or the alarm of an object, so that `Errors` knows whose log lines are its. */
export function asWork<T>(run: () => T, isOfEarlierFile = false): T {
  return work.run({ scopes, isOfEarlierFile }, run);
}

/**
 * Collects the error log lines of a scope: `using errors = new Errors()`. A line of a request or an alarm
 * that began before the scope, or of an alarm that an earlier file has left, is not its.
 */
export class Errors {
  readonly #log = console.error;
  readonly #spy = vi.spyOn(console, "error");
  readonly #lines: unknown[] = [];

  constructor() {
    const own = ++scopes;
    this.#spy.mockImplementation((...line: unknown[]) => {
      const now = work.getStore();
      if (!now || (now.scopes >= own && !now.isOfEarlierFile)) this.#lines.push(...line);
      this.#log(...line);
    });
  }

  get logged(): unknown[] {
    return this.#lines;
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}
