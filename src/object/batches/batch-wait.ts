import { BatchSizes } from "./batch-sizes.ts";

/** A batch waits for so many timer turns at most. */
const MAX_TURNS = 4;

/** The least length of a turn (ms): one of 0 ms may end before frames are read that have come already. */
export const TURN_MS = 1;

/** A batch of so many arrivals waits for no further turn: its fixed cost is small for each of them. */
const LARGE = 32;

/** A batch that waits. */
interface OpenBatch {
  arrivals: number;
  /** the arrivals when the turn began that is under way */
  seen: number;
  /** the turns that it waits for at most, with the one that is under way */
  turnsLeft: number;
  /** whether it ends once it has as many arrivals as are expected */
  endsEarly: boolean;
  timer: ReturnType<typeof setTimeout>;
  onEnd: () => void;
}

/**
 * The wait of a batch for further arrivals: until it has as many as are expected (`BatchSizes`), or until a
 * timer turn brings none, but for four turns at most. A batch that is complete at once does not wait.
 */
export class BatchWait {
  readonly #sizes = new BatchSizes();
  #open: OpenBatch | null = null;

  /** Whether a batch waits. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** @see BatchSizes.hadSingles */
  hadSingles(ms: number): boolean {
    return this.#sizes.hadSingles(ms);
  }

  /**
   * Begins a batch.
   * @param arrivals how many it has already
   * @param onEnd called once the batch ends
   * @param probesSingles whether it may be a probe where batches have one arrival each
   * @returns whether it waits; if not it is complete, and `onEnd` is not called
   */
  begin(arrivals: number, onEnd: () => void, probesSingles = false): boolean {
    const isProbe = this.#sizes.isProbeDue(probesSingles);
    const waits = isProbe || !this.#sizes.isComplete(arrivals);
    if (waits) this.#wait({ arrivals, endsEarly: !isProbe, turnsLeft: MAX_TURNS, onEnd }, TURN_MS);
    else this.#sizes.note(arrivals);
    return waits;
  }

  /** Begins a batch without arrivals: it ends with the next timer turn if it has some then. */
  beginTurn(onEnd: () => void): void {
    this.#wait({ arrivals: 0, endsEarly: false, turnsLeft: 1, onEnd }, 0);
  }

  /** Adds an arrival to the batch that waits. */
  add(): void {
    const batch = this.#open;
    if (!batch) return;
    batch.arrivals++;
    if (batch.endsEarly && this.#sizes.isComplete(batch.arrivals)) this.end();
  }

  /** Ends the batch that waits, unless it has no arrivals. */
  end(): void {
    const batch = this.#open;
    this.drop();
    if (!batch || batch.arrivals === 0) return;
    this.#sizes.note(batch.arrivals);
    batch.onEnd();
  }

  /** Drops the batch that waits: its arrivals are taken in another way. */
  drop(): void {
    if (this.#open) clearTimeout(this.#open.timer);
    this.#open = null;
  }

  #wait(batch: Omit<OpenBatch, "seen" | "timer">, turnMs: number): void {
    this.#open = { ...batch, seen: batch.arrivals, timer: this.#nextTurn(turnMs) };
  }

  #nextTurn(ms: number): OpenBatch["timer"] {
    return setTimeout(() => this.#turn(), ms);
  }

  #turn(): void {
    const batch = this.#open;
    if (!batch) return;
    batch.turnsLeft--;
    if (batch.turnsLeft === 0 || batch.arrivals === batch.seen || batch.arrivals >= LARGE) {
      this.end();
      return;
    }
    batch.seen = batch.arrivals;
    batch.timer = this.#nextTurn(TURN_MS);
  }
}
