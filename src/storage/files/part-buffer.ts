import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";

/** The least that R2 takes as a part which is not the last; all but the last are of one size. */
const PART_BYTES = 5 * 1024 * 1024;

/** What is held without asking: most pictures are no bigger. */
const SMALL_BYTES = 256 * 1024;

/** Big buffers at a time in an isolate, which has 128 MB for everything: 50 MiB. */
const BIG_BUFFERS = 10;

/**
 * A place whose upload has brought less than this within `idleMs` is given to who waits: a byte now and then would
 * hold it for ever.
 */
const MOVING_BYTES = 64 * 1024;

/** Who holds a big buffer, and when it last moved on. Plain data, safe to share by requests. */
const big = new Map<PartBuffer, number>();

/** Gathers chunks into a part of 5 MiB. It starts small and grows as it is filled. */
export class PartBuffer {
  readonly #timing: Timing["partBuffer"];
  #bytes = new Uint8Array(SMALL_BYTES);
  #length = 0;
  /** bytes since it last moved on */
  #brought = 0;
  #isLost = false;

  constructor(timing: Timing["partBuffer"]) {
    this.#timing = timing;
  }

  /**
   * Copies in what fits and gives back what does not; something comes back only when a part is full.
   * @throws `unavailable` where too many others have been holding big buffers for `waitMs`, or this one stood
   *   still and another has its place
   */
  async add(chunk: Uint8Array): Promise<Uint8Array> {
    this.#requirePlace();
    const fits = chunk.subarray(0, PART_BYTES - this.#length);
    const length = this.#length + fits.byteLength;
    if (length > this.#bytes.byteLength) await this.#grow(length);
    this.#bytes.set(fits, this.#length);
    this.#length = length;
    this.#brought += fits.byteLength;
    if (big.has(this) && this.#brought >= MOVING_BYTES) this.#moved();
    return chunk.subarray(fits.byteLength);
  }

  /** What has been gathered. It is good until the next `add`. @throws `unavailable` as `add` */
  take(): Uint8Array {
    this.#requirePlace();
    const part = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return part;
  }

  [Symbol.dispose](): void {
    big.delete(this);
  }

  async #grow(length: number): Promise<void> {
    if (!big.has(this)) await this.#takePlace();
    let capacity = this.#bytes.byteLength;
    while (capacity < length) capacity = Math.min(2 * capacity, PART_BYTES);
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /**
   * Waits for a place; meanwhile the client's bytes wait in its connection. It looks now and then: a promise
   * which another request resolves could wait for ever.
   */
  async #takePlace(): Promise<void> {
    for (const started = Date.now(); big.size >= BIG_BUFFERS; ) {
      const { idleMs, waitMs, pollMs } = this.#timing;
      const now = Date.now();
      for (const [other, at] of big) if (at < now - idleMs) other.#lose();
      if (now - started > waitMs) throw this.#busy("Too many files are being uploaded here. Try again.");
      await scheduler.wait(pollMs);
    }
    this.#moved();
  }

  #moved(): void {
    this.#brought = 0;
    big.set(this, Date.now());
  }

  /** The memory goes with the place: else whoever stands still would have both. */
  #lose(): void {
    big.delete(this);
    this.#bytes = new Uint8Array();
    this.#isLost = true;
  }

  #requirePlace(): void {
    if (this.#isLost) throw this.#busy("The upload stood still while others waited. Try again.");
  }

  #busy(detail: string): CoreError {
    return new CoreError("unavailable", detail, { retryAfter: this.#timing.retryAfterS });
  }
}
