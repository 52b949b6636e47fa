import { CoreError } from "../core/errors.ts";

/** The least that R2 takes as a part which is not the last; all but the last are of one size. */
const PART_BYTES = 5 * 1024 * 1024;

/** What is held without asking: most pictures are no bigger. */
const SMALL_BYTES = 256 * 1024;

/** Big buffers at a time in an isolate, which has 128 MB for everything: 50 MiB. */
const BIG_BUFFERS = 10;

/** A place whose upload has brought nothing for so long is given away: cancelled requests end in silence. */
const SILENT_MS = 30_000;

const WAIT_AT_MOST_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Who holds a big buffer, and when he last wrote into it. Plain data, safe to share by requests. */
const big = new Map<PartBuffer, number>();

/** Gathers chunks into a part of 5 MiB. It starts small and grows as it is filled. */
export class PartBuffer {
  #bytes = new Uint8Array(SMALL_BYTES);
  #length = 0;

  /**
   * Copies in what fits and gives back what does not; something comes back only when a part is full.
   * @throws `unavailable` where too many others have been holding big buffers for a minute
   */
  async add(chunk: Uint8Array): Promise<Uint8Array> {
    const fits = chunk.subarray(0, PART_BYTES - this.#length);
    const length = this.#length + fits.byteLength;
    if (length > this.#bytes.byteLength) await this.#grow(length);
    this.#bytes.set(fits, this.#length);
    this.#length = length;
    if (big.has(this)) big.set(this, Date.now());
    return chunk.subarray(fits.byteLength);
  }

  /** What has been gathered. It is good until the next `add`. */
  take(): Uint8Array {
    const part = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return part;
  }

  [Symbol.dispose](): void {
    big.delete(this);
  }

  async #grow(length: number): Promise<void> {
    if (!big.has(this)) await takePlace(this);
    let capacity = this.#bytes.byteLength;
    while (capacity < length) capacity = Math.min(2 * capacity, PART_BYTES);
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/**
 * Waits for a place; meanwhile the client's bytes wait in its connection. It looks now and then: a promise
 * which another request resolves could wait for ever.
 */
async function takePlace(buffer: PartBuffer): Promise<void> {
  for (const started = Date.now(); big.size >= BIG_BUFFERS; ) {
    const now = Date.now();
    for (const [other, at] of big) if (at < now - SILENT_MS) big.delete(other);
    if (now - started > WAIT_AT_MOST_MS) {
      throw new CoreError("unavailable", "Too many files are being uploaded here. Try again.", {
        retryAfter: 5,
      });
    }
    await scheduler.wait(LOOK_EVERY_MS);
  }
  big.set(buffer, Date.now());
}
