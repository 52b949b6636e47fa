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

/**
 * Bounds how many tasks run at once, or how much they hold together. A task that finds too little free waits,
 * first come, first served.
 */
export class Semaphore {
  readonly #capacity: number;
  #free: number;
  readonly #waiting: { share: number; resume: () => void }[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /**
   * @param share the part of the capacity that the task holds while it runs; a larger one than all of it
   *   counts as all of it
   * @returns the result of `work`; rejects as `work` does
   */
  async run<T>(work: () => Promise<T>, share = 1): Promise<T> {
    const held = Math.min(share, this.#capacity);
    if (this.#waiting.length > 0 || this.#free < held) {
      await new Promise<void>((resume) => this.#waiting.push({ share: held, resume }));
    } else this.#free -= held;
    try {
      return await work();
    } finally {
      this.#free += held;
      this.#resumeWaiting();
    }
  }

  /** Hands what is free to waiting tasks, ahead of a caller that arrives in this turn. */
  #resumeWaiting(): void {
    for (let [next] = this.#waiting; next && next.share <= this.#free; [next] = this.#waiting) {
      this.#waiting.shift();
      this.#free -= next.share;
      next.resume();
    }
  }
}

/**
 * The calls to other objects that one event may still make. The platform fails the calls of an event past
 * 1,000, so further work goes on in the next alarm.
 */
export class CallBudget {
  #left: number;

  /** @param calls how many calls the event may make */
  constructor(calls: number) {
    this.#left = calls;
  }

  /** The calls that are left. */
  get left(): number {
    return this.#left;
  }

  /** Takes calls. @returns how many of them may be made */
  take(count: number): number {
    const taken = Math.min(count, this.#left);
    this.#left -= taken;
    return taken;
  }
}
