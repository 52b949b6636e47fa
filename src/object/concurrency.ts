/**
 * Runs `work` for each item, at most `concurrency` at once, in order.
 * @returns once all items are done; rejects with the first rejection of `work`
 */
export async function forEachConcurrent<T>(
  concurrency: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const pending = items.values();
  const worker = async () => {
    for (const item of pending) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** Bounds how many tasks run at once. A task that finds no free slot waits, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** @returns the result of `work`; rejects as `work` does */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resume) => this.#waiting.push(resume));
    else this.#free--;
    try {
      return await work();
    } finally {
      // The slot passes to the first waiting task, ahead of a caller that arrives in this turn.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
