const PATIENCE_MS = 20_000;

interface Waiter {
  holds: () => unknown;
  resolve: () => void;
  fail: (why: string) => void;
}

/** Waits for conditions, never for time. Each is checked again after every event. */
export class Conditions {
  readonly #waiters = new Set<Waiter>();
  #ended: string | undefined;

  /** Resolves once `holds`. @throws an Error "`what`: reason" after `end`, or after 20 s */
  async until(what: string, holds: () => unknown): Promise<void> {
    if (holds()) return;
    if (this.#ended !== undefined) throw new Error(`${what}: ${this.#ended}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { holds, resolve, fail: (why) => reject(new Error(`${what}: ${why}`)) };
    const timer = setTimeout(() => waiter.fail(`nothing within ${PATIENCE_MS / 1_000} s`), PATIENCE_MS);
    this.#waiters.add(waiter);
    await promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    });
  }

  /** An event: checks all conditions. */
  check(): void {
    for (const waiter of this.#waiters) if (waiter.holds()) waiter.resolve();
  }

  /** No further event will come: rejects all waits. */
  end(why: string): void {
    this.#ended ??= why;
    this.check();
    for (const waiter of this.#waiters) waiter.fail(this.#ended);
  }
}
