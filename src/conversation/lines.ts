import { fault, log } from "../core/log.ts";

/**
 * Keeps the order of what comes from one origin where some of it has to wait for others: a message to be
 * forwarded that is read elsewhere, the flags of a block. What comes behind it from there waits too.
 */
export class Lines<Key extends object> {
  readonly #tails = new WeakMap<Key, Promise<void>>();

  /**
   * Runs `go` once all that came before it is through and `ready` has resolved: in this turn where
   * nothing is to be waited for.
   * @param ready must not reject: what goes wrong is its caller's to answer
   */
  enter(key: Key, ready: (() => Promise<void>) | null, go: () => void): void {
    const tail = this.#tails.get(key);
    if (!tail && !ready) {
      go();
      return;
    }
    const mine = (tail ?? Promise.resolve())
      .then(() => ready?.())
      .then(go)
      .catch((error: unknown) => log("error", "line_failed", fault(error)))
      .finally(() => {
        if (this.#tails.get(key) === mine) this.#tails.delete(key);
      });
    this.#tails.set(key, mine);
  }
}
