import { vi } from "vitest";

/** Collects what is logged as an error while it is in use: `using errors = new Errors()`. */
export class Errors {
  readonly #spy = vi.spyOn(console, "error");

  get logged(): unknown[] {
    return this.#spy.mock.calls.flat();
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}
