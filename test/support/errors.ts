import { vi } from "vitest";

/** Collects the error log lines of a scope: `using errors = new Errors()`. */
export class Errors {
  readonly #spy = vi.spyOn(console, "error");

  get logged(): unknown[] {
    return this.#spy.mock.calls.flat();
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}
