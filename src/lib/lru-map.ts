/** A map of bounded size: a new entry beyond the capacity replaces the one that was used longest ago. */
export class LruMap<Key, Value extends NonNullable<unknown>> {
  readonly #entries = new Map<Key, Value>();
  readonly #capacity: () => number;

  /** @param capacity the largest number of entries; it may change */
  constructor(capacity: () => number) {
    this.#capacity = capacity;
  }

  /** The value of a key, which counts as a use. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** The value of a key. This is no use. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Whether the key has a value. This is no use. */
  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity()) return;
      this.#entries.delete(oldest);
    }
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** The entries, the one that was used longest ago first. */
  entries(): Iterable<[Key, Value]> {
    return this.#entries.entries();
  }
}
