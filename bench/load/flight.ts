import type { Item } from "./frames.ts";
import type { Landed } from "./load.ts";

/** More than any window, so that messages in flight never share a slot. */
const slots = 128;
const mask = slots - 1;

/**
 * A sender's messages in flight. A message has landed when its sender has the ack and every other member has
 * received it. Its ack and all its receipts must agree on its seq.
 */
export class Flight {
  readonly #receivers: number;
  readonly #landed: Landed;
  readonly #sentAt = new Float64Array(slots);
  readonly #receivedAt = new Float64Array(slots);
  /** 0 until the first ack or receipt */
  readonly #seqs = new Float64Array(slots);
  readonly #missing = new Int32Array(slots);
  readonly #acked = new Uint8Array(slots);
  #sent = 0;
  #ackedCount = 0;
  #landedCount = 0;

  /** @param receivers the number of members besides the sender */
  constructor(receivers: number, landed: Landed) {
    this.#receivers = receivers;
    this.#landed = landed;
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
    this.#seqs[slot] = 0;
    return number;
  }

  /** The sender's next ack: each once, in the order of sending. */
  ack(item: Item): void {
    if (item.number !== this.#ackedCount) throw new Error(`ack ${item.number}, not ${this.#ackedCount}`);
    const slot = this.#slotOf(item);
    this.#ackedCount++;
    this.#acked[slot] = 1;
    if (this.#missing[slot] === 0) this.#land(slot);
  }

  /** One member has received a message. The member itself checks for order and repeats. */
  received(item: Item, at: number): void {
    const slot = this.#slotOf(item);
    const missing = (this.#missing[slot] ?? 0) - 1;
    this.#missing[slot] = missing;
    if (missing > 0) return;
    this.#receivedAt[slot] = at;
    if (this.#acked[slot] === 1) this.#land(slot);
  }

  #slotOf({ seq, number }: Item): number {
    if (number < this.#landedCount || number >= this.#sent)
      throw new Error(`message ${number} at ${seq} is not in flight`);
    const slot = number & mask;
    const known = this.#seqs[slot];
    if (known === 0) this.#seqs[slot] = seq;
    else if (known !== seq) throw new Error(`message ${number} at ${seq} and at ${known}`);
    return slot;
  }

  #land(slot: number): void {
    this.#landedCount++;
    this.#landed((this.#receivedAt[slot] ?? 0) - (this.#sentAt[slot] ?? 0));
  }
}
