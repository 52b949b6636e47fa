import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";

/** The minimum size of an R2 part other than the last. All parts but the last must have the same size. */
const PART_BYTES = 5 * 1024 * 1024;

/** The size up to which a buffer needs no slot: most pictures are smaller. */
const SLOTLESS_BYTES = 256 * 1024;

/** Slots for big buffers in an isolate: 50 MiB of the 128 MB that it has for everything. */
const MAX_SLOTS = 10;

/**
 * An upload that has received less than this within `idleMs` loses its slot to a waiting upload. Otherwise a
 * client that sends single bytes could hold a slot for ever.
 */
const PROGRESS_BYTES = 64 * 1024;

/** The buffers with a slot, and when each last made progress (ms). Plain data, which requests may share. */
const slots = new Map<PartBuffer, number>();

/**
 * Collects chunks into a part of 5 MiB. It starts at 256 KiB and grows as it fills. Beyond 256 KiB it needs
 * one of the isolate's ten slots.
 */
export class PartBuffer {
  readonly #timing: Timing["partBuffer"];
  #bytes = new Uint8Array(SLOTLESS_BYTES);
  #length = 0;
  /** bytes since it last made progress */
  #sinceProgress = 0;
  #hasLostSlot = false;

  constructor(timing: Timing["partBuffer"]) {
    this.#timing = timing;
  }

  /**
   * Copies the bytes that fit.
   * @returns the bytes that do not fit; empty unless the part is full
   * @throws `unavailable` if no slot was free for `waitMs`, or this upload was idle and lost its slot
   */
  async add(chunk: Uint8Array): Promise<Uint8Array> {
    this.#requireSlot();
    const fits = chunk.subarray(0, PART_BYTES - this.#length);
    const length = this.#length + fits.byteLength;
    if (length > this.#bytes.byteLength) await this.#grow(length);
    this.#bytes.set(fits, this.#length);
    this.#length = length;
    this.#sinceProgress += fits.byteLength;
    if (slots.has(this) && this.#sinceProgress >= PROGRESS_BYTES) this.#progressed();
    return chunk.subarray(fits.byteLength);
  }

  /**
   * The collected part; valid until the next `add`.
   * @throws `unavailable` if this upload has lost its slot
   */
  take(): Uint8Array {
    this.#requireSlot();
    const part = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return part;
  }

  /** Frees the slot. */
  [Symbol.dispose](): void {
    slots.delete(this);
  }

  async #grow(length: number): Promise<void> {
    if (!slots.has(this)) await this.#takeSlot();
    let capacity = this.#bytes.byteLength;
    while (capacity < length) capacity = Math.min(2 * capacity, PART_BYTES);
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /**
   * Waits for a slot. Meanwhile the client's bytes wait in its connection. It polls, since a promise that
   * another request resolves may never resume here.
   */
  async #takeSlot(): Promise<void> {
    for (const started = Date.now(); slots.size >= MAX_SLOTS; ) {
      const { idleMs, waitMs, pollMs } = this.#timing;
      const now = Date.now();
      for (const [other, at] of slots) if (at < now - idleMs) other.#loseSlot();
      if (now - started > waitMs) throw this.#busy("Too many files are being uploaded here. Try again.");
      await scheduler.wait(pollMs);
    }
    this.#progressed();
  }

  #progressed(): void {
    this.#sinceProgress = 0;
    slots.set(this, Date.now());
  }

  /** Gives up the slot and the memory with it. */
  #loseSlot(): void {
    slots.delete(this);
    this.#bytes = new Uint8Array();
    this.#hasLostSlot = true;
  }

  #requireSlot(): void {
    if (this.#hasLostSlot) throw this.#busy("The upload stood still while others waited. Try again.");
  }

  #busy(detail: string): CoreError {
    return new CoreError("unavailable", detail, { retryAfter: this.#timing.retryAfterS });
  }
}
