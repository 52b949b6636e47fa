/**
 * A queue stays busy for so long (ms) after a batch of several sends: many busy objects on one core take
 * turns of 100 ms and more.
 */
const BUSY_MS = 1_000;

/**
 * The last batch of a queue. In a busy queue, whose last batch held more sends than wait now, the others are
 * likely to follow in this turn: clients send again when they are answered.
 */
export class LastBatch {
  #sends = 0;
  /** when it was taken (ms since 1970) */
  #at = 0;

  /** Notes a batch that is taken now. */
  note(sends: number): void {
    this.#sends = sends;
    this.#at = Date.now();
  }

  /** Whether the queue is busy, and its last batch held more sends than these. */
  heldMoreThan(sends: number): boolean {
    return this.#sends > sends && Date.now() - this.#at < BUSY_MS;
  }
}
