import type { NumberedUpdate, UpdatesAnswer, UpdatesRequest } from "../../domain/bots/bot-update.ts";
import type { UpdateQueue } from "./update-queue.ts";

type Wake = (outcome: "added" | "ended") => void;

/**
 * The calls that ask for updates and wait for the first one. One waits at a time: a further one ends it, as a
 * bot that was started again has lost the answer of the one before.
 */
export class LongPolls {
  readonly #queue: UpdateQueue;
  readonly #read: (limit: number) => Promise<NumberedUpdate[]>;
  #waiting: Wake | null = null;
  /** when a call last ended, or began (ms since 1970) */
  #askedAt = 0;

  /** @param read reads the oldest updates as they are to be told */
  constructor(queue: UpdateQueue, read: (limit: number) => Promise<NumberedUpdate[]>) {
    this.#queue = queue;
    this.#read = read;
  }

  /** The oldest updates that the bot has not confirmed. Waits while there are none. */
  async ask({ offset, limit, waitMs }: UpdatesRequest): Promise<UpdatesAnswer> {
    const queue = this.#queue;
    this.end();
    this.#askedAt = Date.now();
    if (queue.state?.webhook) return { refused: "webhook" };
    if (offset !== undefined) queue.confirm(offset);
    const updates = await this.#read(limit);
    if (updates.length > 0 || waitMs <= 0) return { updates };
    const outcome = await this.#wait(waitMs);
    if (outcome === "ended") return { refused: queue.state?.webhook ? "webhook" : "ended" };
    return { updates: await this.#read(limit) };
  }

  /** Whether a call waits, or the bot has asked within a time in ms and works on what it got. */
  isListening(withinMs: number): boolean {
    return this.#waiting !== null || Date.now() - this.#askedAt < withinMs;
  }

  /** Updates were added. */
  added(): void {
    this.#waiting?.("added");
  }

  /** Ends the call that waits. */
  end(): void {
    this.#waiting?.("ended");
  }

  async #wait(ms: number): Promise<"added" | "ended" | "late"> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wake: Wake | null = null;
    const woken = new Promise<"added" | "ended">((resolve) => {
      wake = resolve;
      this.#waiting = resolve;
    });
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), ms);
    });
    try {
      return await Promise.race([woken, late]);
    } finally {
      clearTimeout(timer);
      this.#askedAt = Date.now();
      if (this.#waiting === wake) this.#waiting = null;
    }
  }
}
