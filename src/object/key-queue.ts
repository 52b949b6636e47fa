/**
 * Runs the tasks of one key one after the other, and tasks of different keys concurrently. If the key is
 * idle, a task starts in the caller's turn.
 */
export class KeyQueue<Key> {
  readonly #tails = new Map<Key, Promise<unknown>>();

  /** Whether a task of this key runs or waits. */
  isBusy(key: Key): boolean {
    return this.#tails.has(key);
  }

  /**
   * @returns the result of the task; rejects as the task does, and the next task of the key runs all the same
   */
  run<T>(key: Key, task: () => T | Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const begin = async () => task();
    const result = before ? before.then(begin, begin) : begin();
    this.#tails.set(key, result);
    const clean = () => {
      if (this.#tails.get(key) === result) this.#tails.delete(key);
    };
    result.then(clean, clean);
    return result;
  }
}
