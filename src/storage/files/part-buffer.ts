import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Timing } from "../../domain/timing.ts";

/** The minimum size of an R2 part other than the last. All parts but the last must have the same size. */
const PART_BYTES = LIMITS.partBytes;

/** The size up to which a buffer needs no slot: most pictures are smaller. */
const SLOTLESS_BYTES = 256 * 1024;

/** Slots for big buffers in an isolate: 50 MiB of the 128 MB that it has for everything. */
const MAX_SLOTS = 10;

/** Slots of one user in an isolate: five users at least share the slots. */
const MAX_SLOTS_OF_USER = 2;

/** Buffers of one user in an isolate, with and without a slot: without one they hold 5 MiB together. */
const MAX_BUFFERS_OF_USER = 20;

/** Buffers without a slot in an isolate: 20 MiB. */
const MAX_SMALL_BUFFERS = 80;

/** What other uploads know of a buffer in use. Plain data, which requests may share. */
interface Use {
  readonly userId: UserId;
  hasSlot: boolean;
  /** when the buffer last took bytes, or gave its part away (ms) */
  activeAt: number;
}

/** The buffers in use in this isolate. */
const uses = new Map<PartBuffer, Use>();

/**
 * Collects chunks into a part of 5 MiB. It grows as it fills. Beyond 256 KiB it needs one of the ten
 * slots of the isolate, of which one user has two at most. Up to twenty smaller buffers of one user, and
 * eighty of all, are in use at once.
 */
export class PartBuffer {
  readonly #userId: UserId;
  readonly #timing: Timing["partBuffer"];
  #bytes = new Uint8Array();
  #length = 0;
  #isLost = false;

  /** @param userId the user who uploads */
  constructor(userId: UserId, timing: Timing["partBuffer"]) {
    this.#userId = userId;
    this.#timing = timing;
  }

  /**
   * Copies the bytes that fit.
   * @returns the bytes that do not fit; empty unless the part is full
   * @throws `rate_limited` if other uploads of this user were in the way for `turnMs`
   * @throws `unavailable` if no slot was free for `waitMs`, or this upload was idle and lost its buffer
   */
  async add(chunk: Uint8Array): Promise<Uint8Array> {
    this.#touch();
    const fits = chunk.subarray(0, PART_BYTES - this.#length);
    const length = this.#length + fits.byteLength;
    if (length > this.#bytes.byteLength) await this.#grow(length);
    this.#bytes.set(fits, this.#length);
    this.#length = length;
    return chunk.subarray(fits.byteLength);
  }

  /**
   * The collected part; valid until the next `add`.
   * @throws `unavailable` if this upload has lost its buffer
   */
  take(): Uint8Array {
    this.#touch();
    const part = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return part;
  }

  /** Frees the slot and the memory. */
  [Symbol.dispose](): void {
    uses.delete(this);
    this.#bytes = new Uint8Array();
  }

  async #grow(length: number): Promise<void> {
    const use = uses.get(this) ?? (await this.#begin());
    if (length > SLOTLESS_BYTES && !use.hasSlot) await this.#takeSlot(use);
    let capacity = Math.max(this.#bytes.byteLength, SLOTLESS_BYTES / 16);
    while (capacity < length) capacity = Math.min(2 * capacity, PART_BYTES);
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /** Waits until the user has fewer than twenty buffers in use. */
  async #begin(): Promise<Use> {
    const others = () => usesOf(this.#userId).filter(([, { hasSlot }]) => !hasSlot);
    await this.#turn(() => {
      if (others().length >= MAX_BUFFERS_OF_USER) return { isOwn: true, idle: others() };
      const small = [...uses].filter(([, { hasSlot }]) => !hasSlot);
      return small.length >= MAX_SMALL_BUFFERS ? { isOwn: false, idle: small } : null;
    });
    const use = { userId: this.#userId, hasSlot: false, activeAt: Date.now() };
    uses.set(this, use);
    return use;
  }

  async #takeSlot(use: Use): Promise<void> {
    await this.#turn(() => {
      // A buffer that waits is in use: another upload of the user must not take it away.
      use.activeAt = Date.now();
      const all = [...uses].filter(([, { hasSlot }]) => hasSlot);
      const own = all.filter(([, { userId }]) => userId === this.#userId);
      if (own.length >= MAX_SLOTS_OF_USER) return { isOwn: true, idle: own };
      return all.length >= MAX_SLOTS ? { isOwn: false, idle: all } : null;
    });
    use.hasSlot = true;
    use.activeAt = Date.now();
  }

  /**
   * Waits for a turn. Meanwhile the client's bytes wait in its connection. It polls, since a promise that
   * another request resolves may never resume here.
   * @param obstacle gives the uploads that are in the way; null: it is this upload's turn
   */
  async #turn(obstacle: () => { isOwn: boolean; idle: [PartBuffer, Use][] } | null): Promise<void> {
    const started = Date.now();
    for (let found = obstacle(); found; found = obstacle()) {
      const { idleMs, waitMs, turnMs, pollMs } = this.#timing;
      const now = Date.now();
      const idle = found.idle.filter(([, { activeAt }]) => activeAt < now - idleMs);
      for (const [buffer] of idle) buffer.#lose();
      if (idle.length > 0) continue;
      if (found.isOwn && now - started > turnMs) throw this.#busy("rate_limited", OWN_UPLOADS);
      if (!found.isOwn && now - started > waitMs) throw this.#busy("unavailable", ALL_UPLOADS);
      await scheduler.wait(pollMs);
    }
  }

  /** Gives up the slot and the memory with it. */
  #lose(): void {
    this[Symbol.dispose]();
    this.#isLost = true;
  }

  #touch(): void {
    if (this.#isLost)
      throw this.#busy("unavailable", "The upload stood still while others waited. Try again.");
    const use = uses.get(this);
    if (use) use.activeAt = Date.now();
  }

  #busy(code: "rate_limited" | "unavailable", detail: string): CoreError {
    return new CoreError(code, detail, { retryAfter: this.#timing.retryAfterS });
  }
}

const OWN_UPLOADS = "Your other uploads have not ended yet. Upload fewer files at once.";
const ALL_UPLOADS = "Too many files are being uploaded here. Try again.";

function usesOf(id: UserId): [PartBuffer, Use][] {
  return [...uses].filter(([, { userId }]) => userId === id);
}
