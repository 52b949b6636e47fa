/**
 * Does what concerns one thing one after the other: what comes while something of it is under way waits for
 * that. What finds nothing under way begins at once, in this turn.
 */
export class KeyQueue<Key> {
  readonly #tails = new Map<Key, Promise<unknown>>();

  isBusy(key: Key): boolean {
    return this.#tails.has(key);
  }

  /** @returns what the work gives; it rejects where the work does, and what comes behind it is done all the same */
  run<T>(key: Key, work: () => T | Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const begin = async () => work();
    const mine = before ? before.then(begin, begin) : begin();
    this.#tails.set(key, mine);
    const ended = () => {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    };
    mine.then(ended, ended);
    return mine;
  }
}
