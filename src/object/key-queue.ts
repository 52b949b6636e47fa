import { errorFields, log } from "../lib/logger.ts";

/**
 * Keeps the order of what comes from one origin where some of it has to wait for others: a message to be
 * forwarded that is read elsewhere, the flags of a block. What comes behind it from there waits too.
 */
export class KeyQueue<Key extends object> {
  readonly #tails = new WeakMap<Key, Promise<void>>();

  /** Whether something from there waits. */
  isBusy(key: Key): boolean {
    return this.#tails.has(key);
  }

  /**
   * Runs `go` once all that came before it is through, with what it had to wait for: in this turn where
   * there is nothing of either.
   * @param ready asked when its turn has come; no promise: nothing is to be waited for. It must not reject:
   *   what goes wrong is its caller's to answer
   */
  run<T extends object>(key: Key, ready: () => Promise<T> | T, go: (value: T) => void): void {
    const waiting = this.#tails.get(key)?.then(ready) ?? ready();
    if (!(waiting instanceof Promise)) {
      go(waiting);
      return;
    }
    const mine = waiting
      .then(go)
      .catch((error: unknown) => log("error", "line_failed", errorFields(error)))
      .finally(() => {
        if (this.#tails.get(key) === mine) this.#tails.delete(key);
      });
    this.#tails.set(key, mine);
  }
}
