import { CoreError, invalid } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";

/**
 * The chunks of a body, as they arrive. A client must keep the pace of `timing`. The time in which the reader
 * is busy, or waits for a buffer, does not count against the client.
 * @throws `validation_failed` if the client disconnects before the end
 * @throws `unavailable` if the client is too slow, or the upload takes longer than `wholeMs`
 */
export async function* receivedChunks(
  { body }: Request,
  timing: Timing["uploads"],
): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  const pace = new Pace(timing);
  const watch = setInterval(() => {
    // A read that waits for the client ends by it.
    if (pace.isTooSlow()) void reader.cancel().catch(() => undefined);
  }, timing.checkMs);
  try {
    for (;;) {
      const { done, value } = await pace.awaited(reader.read());
      if (pace.isTooSlow()) throw tooSlow();
      if (done) return;
      yield value;
    }
  } finally {
    clearInterval(watch);
    await reader.cancel().catch(() => undefined);
  }
}

/** How many bytes a client has sent, and in what time. */
class Pace {
  readonly #timing: Timing["uploads"];
  readonly #startedAt = Date.now();
  #bytes = 0;
  /** the time for which the reader has waited for the client (ms), without the current wait */
  #waitedMs = 0;
  /** when the current wait began (ms); null: the reader is busy */
  #waitingSince: number | null = null;
  #isTooSlow = false;

  constructor(timing: Timing["uploads"]) {
    this.#timing = timing;
  }

  /**
   * Awaits the next chunk of the client.
   * @throws `validation_failed` if the client disconnects, `unavailable` if the wait was ended
   */
  async awaited<Read extends { value?: Uint8Array | undefined }>(read: Promise<Read>): Promise<Read> {
    const since = Date.now();
    this.#waitingSince = since;
    try {
      const chunk = await read;
      this.#bytes += chunk.value?.byteLength ?? 0;
      return chunk;
    } catch {
      if (this.#isTooSlow) throw tooSlow();
      // The client has disconnected, so only tests see this answer.
      throw invalid("body", "must be sent to its end");
    } finally {
      this.#waitedMs += Date.now() - since;
      this.#waitingSince = null;
    }
  }

  /** Whether the client has sent too little in its time. Once it has, it stays so. */
  isTooSlow(): boolean {
    const { firstMs, firstBytes, rateFromMs, bytesPerS, wholeMs } = this.#timing;
    const now = Date.now();
    const waitedMs = this.#waitedMs + (this.#waitingSince === null ? 0 : now - this.#waitingSince);
    const due = (Math.max(0, waitedMs - rateFromMs) * bytesPerS) / 1_000;
    const least = waitedMs < firstMs ? 0 : firstBytes + due;
    this.#isTooSlow ||= this.#bytes < least || now - this.#startedAt > wholeMs;
    return this.#isTooSlow;
  }
}

function tooSlow(): CoreError {
  const detail = "The upload was too slow and was ended. Send it again, over a faster line or in less bytes.";
  return new CoreError("unavailable", detail, { retryAfter: 1 });
}
