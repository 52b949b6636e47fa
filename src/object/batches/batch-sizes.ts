/** A queue is busy for so long (ms) after a batch: busy objects on one core take turns of 100 ms and more. */
const BUSY_MS = 1_000;

/** So many of the last batches count. */
const REMEMBERED = 16;

/** The most batches between two probes. */
const MAX_BETWEEN_PROBES = 64;

/**
 * How large the batches of a queue become, in arrivals: what comes in one event, as a frame or a call.
 * Clients that keep requests under way send again at each answer. So while a queue is busy the arrivals of
 * the last batches come again soon, each a moment after the other, and a batch is complete with as many as
 * the largest of the last batches had. Now and then a batch waits even so: such a probe finds arrivals that
 * come a moment too late for each batch. As long as probes find some, every batch is a probe.
 */
export class BatchSizes {
  #recent: number[] = [];
  /** the most arrivals of a recent batch */
  #largest = 0;
  /** when the last batch ended (ms since 1970) */
  #at = 0;
  #untilProbe = 0;
  #betweenProbes = 1;

  /** Whether a batch that is no probe has as many arrivals as are expected. */
  isComplete(arrivals: number): boolean {
    return arrivals >= this.#largest || !this.#isBusy;
  }

  /** Whether the last batches had one arrival each, and the last of them ended less than `ms` ago. */
  hadSingles(ms: number): boolean {
    return this.#largest === 1 && Date.now() - this.#at < ms;
  }

  /**
   * Whether the next batch is a probe.
   * @param probesSingles whether it may be one where batches have one arrival each
   */
  isProbeDue(probesSingles: boolean): boolean {
    return this.#untilProbe === 0 && this.#isBusy && (this.#largest > 1 || probesSingles);
  }

  /** Notes a batch that ends now. */
  note(arrivals: number): void {
    if (!this.#isBusy) {
      this.#recent = [];
      this.#largest = 0;
    }
    this.#at = Date.now();
    this.#planProbe(arrivals);
    this.#recent.push(arrivals);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    this.#largest = Math.max(...this.#recent);
  }

  #planProbe(arrivals: number): void {
    if (arrivals > this.#largest) {
      this.#betweenProbes = 1;
      this.#untilProbe = 0;
    } else if (this.#untilProbe > 0) {
      this.#untilProbe--;
    } else {
      this.#betweenProbes = Math.min(2 * this.#betweenProbes, MAX_BETWEEN_PROBES);
      this.#untilProbe = this.#betweenProbes;
    }
  }

  get #isBusy(): boolean {
    return Date.now() - this.#at < BUSY_MS;
  }
}
