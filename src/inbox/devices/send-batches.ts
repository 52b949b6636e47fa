import { LruMap } from "../../lib/lru-map.ts";
import { LastBatch } from "../../object/last-batch.ts";

/** The most sends of a batch. */
const MAX_BATCH = 100;

/** A call for so few sends costs hardly less than one for some more. */
const FEW = 2;

/** The keys whose last batch is remembered. A batch of another key waits for nobody. */
const MAX_REMEMBERED = 100;

/**
 * The batches of sends that wait for their call, at most one for each key, with a call after the other.
 * Clients that keep some sends under way send again at each ack, which comes a moment before the next call.
 * So a batch of few sends after one of more waits for the next timer turn: without it four sends under way
 * are a call of one and a call of three in turn.
 */
export class SendBatches<Send> {
  readonly #waiting = new Map<string, Send[]>();
  readonly #last = new LruMap<string, LastBatch>(() => MAX_REMEMBERED);

  /**
   * Adds sends to the batch that waits.
   * @returns a new batch, which the caller takes once the call before is over, and which gets further sends
   *   until then; undefined if one waits already
   */
  add(key: string, sends: readonly Send[]): readonly Send[] | undefined {
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.length + sends.length <= MAX_BATCH) {
      waiting.push(...sends);
      return undefined;
    }
    if (sends.length === 0) return undefined;
    const batch = [...sends];
    this.#waiting.set(key, batch);
    return batch;
  }

  /** Ends a batch for its call; a small one may take the sends of one more turn along. */
  async take(key: string, batch: readonly Send[]): Promise<void> {
    const last = this.#last.get(key) ?? new LastBatch();
    const waitsForTurn = batch.length <= FEW && last.heldMoreThan(batch.length);
    if (waitsForTurn) await new Promise((resolve) => setTimeout(resolve, 0));
    this.close(key, batch);
    last.note(batch.length);
    this.#last.set(key, last);
  }

  /** Ends a batch: further sends begin the next one. */
  close(key: string, batch: readonly Send[]): void {
    if (this.#waiting.get(key) === batch) this.#waiting.delete(key);
  }
}
