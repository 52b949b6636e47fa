/**
 * Does a thing for each of many, several at once and no more.
 * @returns once all is done; it rejects with the first of the work that does
 */
export async function forEachConcurrent<T>(
  concurrency: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** So many things at once and no more, whoever wants them done: what finds no lane waits for its turn. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** @returns what the work gives; it rejects where the work does */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#free--;
    try {
      return await work();
    } finally {
      // The lane goes to the next one, past who comes just now.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
