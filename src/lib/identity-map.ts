import { LruMap } from "./lru-map.ts";

/**
 * A cache of objects that change in place: there is one object for each key. An object that was used long ago
 * leaves the cache, but is found again as long as anybody holds it, and until the end of the turn in any case.
 */
export class IdentityMap<Key, Value extends WeakKey> {
  readonly #recent: LruMap<Key, Value>;
  readonly #alive = new Map<Key, WeakRef<Value>>();
  readonly #capacity: number;
  /** with so many entries those of collected objects are removed */
  #sweepAt: number;

  /** @param capacity how many objects the cache itself holds */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sweepAt = 2 * capacity;
    this.#recent = new LruMap(() => capacity);
  }

  /** The object of a key, which counts as a use. */
  get(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent) return recent;
    const held = this.#alive.get(key)?.deref();
    if (held) this.#recent.set(key, held);
    return held;
  }

  set(key: Key, value: Value): void {
    this.#recent.set(key, value);
    this.#alive.set(key, new WeakRef(value));
    if (this.#alive.size >= this.#sweepAt) this.#sweep();
  }

  delete(key: Key): void {
    this.#recent.delete(key);
    this.#alive.delete(key);
  }

  /** All objects that are still there. */
  *values(): Iterable<Value> {
    for (const reference of this.#alive.values()) {
      const value = reference.deref();
      if (value) yield value;
    }
  }

  #sweep(): void {
    for (const [key, reference] of this.#alive) if (!reference.deref()) this.#alive.delete(key);
    this.#sweepAt = 2 * Math.max(this.#capacity, this.#alive.size);
  }
}
