import type { ConversationId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

/** The streams of one bot whose pace is kept; further ones wait for the end of one. */
const MAX_STREAMS = 100;

interface Stream {
  /** when a part was passed on last (ms since 1970) */
  passedAt: number;
  /** the newest part that waits for its turn */
  timer: ReturnType<typeof setTimeout> | undefined;
  pass: () => Promise<void>;
}

/**
 * Passes on the parts of what a bot is writing, a few in a second for each stream: of those that come in
 * between, the newest.
 */
export class StreamPace {
  readonly #timing: Timing["streams"];
  readonly #streams = new Map<string, Stream>();

  constructor(timing: Timing["streams"]) {
    this.#timing = timing;
  }

  /** @param pass passes the part on; never rejects */
  async add(id: ConversationId, stream: string, pass: () => Promise<void>): Promise<void> {
    const key = `${id} ${stream}`;
    const now = Date.now();
    const known = this.#streams.get(key);
    if (!known) {
      this.#forgetOld(now);
      if (this.#streams.size >= MAX_STREAMS) return;
      this.#streams.set(key, { passedAt: now, timer: undefined, pass });
      await pass();
      return;
    }
    known.pass = pass;
    const waitMs = known.passedAt + this.#timing.intervalMs - now;
    if (known.timer !== undefined) return;
    if (waitMs > 0) known.timer = setTimeout(() => this.#passOn(known), waitMs);
    else await this.#passOn(known);
  }

  /** The stream becomes a message: what waits is not shown any more. */
  end(id: ConversationId, stream: string): void {
    const key = `${id} ${stream}`;
    clearTimeout(this.#streams.get(key)?.timer);
    this.#streams.delete(key);
  }

  #passOn(stream: Stream): Promise<void> {
    stream.timer = undefined;
    stream.passedAt = Date.now();
    return stream.pass();
  }

  #forgetOld(now: number): void {
    for (const [key, { passedAt, timer }] of this.#streams)
      if (timer === undefined && passedAt < now - this.#timing.keepMs) this.#streams.delete(key);
  }
}
