import type { Timing } from "../../domain/timing.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { BatchWait } from "./batch-wait.ts";

/** The most sends of a batch. */
const MAX_BATCH = 100;

/** The keys whose last batches are remembered. A batch of another key waits for nobody. */
const MAX_REMEMBERED = 100;

/** Sends that wait for their call. */
interface Batch<Send> {
  readonly sends: Send[];
  /** the frames that they came in */
  frames: number;
  /** what the batch waits for once its turn has come */
  wait: BatchWait | null;
}

/**
 * The batches of sends that wait for their call, at most one for each key, with a call after the other.
 * Clients that keep some sends under way send again at each ack, which comes a moment before the next call.
 * So a batch whose turn has come waits for as many frames as the last batches had (`BatchWait`): without it
 * 32 sends under way are calls of 13 and of 19 in turn.
 */
export class SendBatches<Send> {
  readonly #waiting = new Map<string, Batch<Send>>();
  readonly #waits = new LruMap<string, BatchWait>(() => MAX_REMEMBERED);
  readonly #timing: Timing["assumedUpdates"];

  constructor(timing: Timing["assumedUpdates"]) {
    this.#timing = timing;
  }

  /**
   * Adds the sends of a frame to the batch that waits.
   * @returns a new batch, which the caller takes once the call before is over, and which gets further sends
   *   until then; undefined if one waits already
   */
  add(key: string, sends: readonly Send[]): readonly Send[] | undefined {
    if (sends.length === 0) return undefined;
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.sends.length + sends.length <= MAX_BATCH) {
      waiting.sends.push(...sends);
      waiting.frames++;
      waiting.wait?.add();
      return undefined;
    }
    waiting?.wait?.end();
    const batch = { sends: [...sends], frames: 1, wait: null };
    this.#waiting.set(key, batch);
    return batch.sends;
  }

  /**
   * Ends a batch for its call, once it has waited for the sends that are expected.
   * @returns whether this client sends one frame at a time: it waits for each ack before it sends again, and
   *   has done so within `confirmMs`
   */
  async take(key: string, sends: readonly Send[]): Promise<boolean> {
    const batch = this.#waiting.get(key);
    // A full batch is behind another one already.
    if (batch?.sends !== sends) return false;
    const wait = this.#waits.get(key) ?? new BatchWait();
    this.#waits.set(key, wait);
    batch.wait = wait;
    const followsSingles = wait.hadSingles(this.#timing.confirmMs);
    await new Promise<void>((resolve) => {
      if (!wait.begin(batch.frames, resolve)) resolve();
    });
    this.close(key, sends);
    return followsSingles && batch.frames === 1;
  }

  /** Ends a batch: further sends begin the next one. */
  close(key: string, sends: readonly Send[]): void {
    if (this.#waiting.get(key)?.sends === sends) this.#waiting.delete(key);
  }
}
