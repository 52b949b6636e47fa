import type { Item } from "./frames.ts";

/** More than any window, so that messages in flight never share a slot. */
const slots = 128;
const mask = slots - 1;

/** Called when a message has landed. `latency`: from its send to the last member's receipt, in ms. */
export type Landed = (latency: number) => void;

/**
 * A sender's messages in flight. A message has landed when its sender has the ack and every other member has
 * received it. The nth message must have seq `base + n + 1` in both.
 */
export class Flight {
  readonly #base: number;
  readonly #receivers: number;
  readonly #landed: Landed;
  readonly #sentAt = new Float64Array(slots);
  readonly #receivedAt = new Float64Array(slots);
  readonly #missing = new Int32Array(slots);
  readonly #acked = new Uint8Array(slots);
  #sent = 0;
  #ackedCount = 0;
  #landedCount = 0;

  /**
   * @param base the newest seq before the first message
   * @param receivers the number of members besides the sender
   */
  constructor(base: number, receivers: number, landed: Landed) {
    this.#base = base;
    this.#receivers = receivers;
    this.#landed = landed;
  }

  get sent(): number {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#sent - this.#landedCount;
  }

  /** Starts the next message. @returns its number */
  next(): number {
    const number = this.#sent++;
    const slot = number & mask;
    this.#sentAt[slot] = performance.now();
    this.#missing[slot] = this.#receivers;
    this.#acked[slot] = 0;
    return number;
  }

  /** The sender's acks: each once, in the order of sending. */
  acks(items: readonly Item[]): void {
    for (const { seq, number } of items) {
      if (number !== this.#ackedCount || number >= this.#sent)
        throw new Error(`ack ${number} after ${this.#ackedCount}`);
      this.place(seq, number);
      this.#ackedCount++;
      const slot = number & mask;
      this.#acked[slot] = 1;
      if (this.#missing[slot] === 0) this.#land(slot);
    }
  }

  /** One member has received the message at `seq`. The member itself checks for order and repeats. */
  received(seq: number, at: number): void {
    const number = seq - this.#base - 1;
    if (number < 0 || number >= this.#sent) throw new Error(`a message at ${seq} that was never sent`);
    const slot = number & mask;
    const missing = (this.#missing[slot] ?? 0) - 1;
    this.#missing[slot] = missing;
    if (missing > 0) return;
    this.#receivedAt[slot] = at;
    if (this.#acked[slot] === 1) this.#land(slot);
  }

  /** @throws an Error unless the nth message has its seq */
  place(seq: number, number: number): void {
    if (seq !== this.#base + 1 + number)
      throw new Error(`message ${number} at ${seq}, not ${this.#base + 1 + number}`);
  }

  #land(slot: number): void {
    this.#landedCount++;
    this.#landed((this.#receivedAt[slot] ?? 0) - (this.#sentAt[slot] ?? 0));
  }
}
