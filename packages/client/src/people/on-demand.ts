/** Changes within this time make their values be loaded again once, in ms. */
const PAUSE = 500;

/** Values that the first question for them loads. One load is under way at a time. */
export class OnDemand<T> {
  readonly #size: number;
  readonly #tell: () => void;
  readonly #load: (keys: number[]) => Promise<[number, T][]>;
  readonly #values = new Map<number, T>();
  /** those that are as the server has them, or are asked for */
  readonly #fresh = new Set<number>();
  readonly #wanted = new Set<number>();
  /** those that have changed since the server was asked */
  readonly #stale = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isBusy = false;

  /**
   * @param size how many values a load takes
   * @param tell values have come, or are asked for again by the next question
   */
  constructor(size: number, tell: () => void, load: (keys: number[]) => Promise<[number, T][]>) {
    this.#size = size;
    this.#tell = tell;
    this.#load = load;
  }

  /** A value as it was last known. Loads it if that is not today's. */
  get(key: number): T | undefined {
    if (!this.#fresh.has(key)) {
      this.#fresh.add(key);
      this.#wanted.add(key);
      void this.#run();
    }
    return this.#values.get(key);
  }

  /** A value, or each one, may be another by now. */
  forget(key?: number): void {
    for (const one of key === undefined ? this.#fresh : [key]) this.#stale.add(one);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const one of this.#stale) this.#fresh.delete(one);
      this.#stale.clear();
      this.#tell();
    }, PAUSE);
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What is asked for in one turn is loaded together.
    await undefined;
    while (this.#wanted.size > 0) {
      const keys = [...this.#wanted].slice(0, this.#size);
      for (const key of keys) this.#wanted.delete(key);
      await this.#load(keys).then(
        (loaded) => {
          for (const key of keys) this.#values.delete(key);
          for (const [key, value] of loaded) this.#values.set(key, value);
          this.#tell();
        },
        // Nobody is told, so that a refusal is not repeated at once. The next who asks loads it again.
        () => {
          for (const key of keys) this.#fresh.delete(key);
        },
      );
    }
    this.#isBusy = false;
  }
}
