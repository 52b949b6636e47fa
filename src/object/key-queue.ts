/**
 * Runs the tasks of one key one after the other; tasks of different keys run side by side. A task that finds its key
 * idle starts in the caller's turn.
 */
export class KeyQueue<Key> {
  readonly #tails = new Map<Key, Promise<unknown>>();

  /** Whether a task of this key runs or waits. */
  isBusy(key: Key): boolean {
    return this.#tails.has(key);
  }

  /** @returns the task's result; a task that rejects does not stop those behind it */
  run<T>(key: Key, task: () => T | Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const begin = async () => task();
    const mine = before ? before.then(begin, begin) : begin();
    this.#tails.set(key, mine);
    const ended = () => {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    };
    mine.then(ended, ended);
    return mine;
  }
}
