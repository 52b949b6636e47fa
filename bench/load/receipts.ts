/**
 * The seqs that one member has received: of messages from others, and of acks of its own. Each must come
 * once. Messages come in order, acks come in order, and no seq below an ack is missing.
 */
export class Receipts {
  /** the lowest seq that is missing */
  #next: number;
  /** seqs above a missing one, which is an own message whose ack is still to come */
  readonly #ahead = new Set<number>();
  #lastMessage: number;
  #lastAck: number;

  /** @param lastSeq the newest seq before the first message */
  constructor(lastSeq: number) {
    this.#next = lastSeq + 1;
    this.#lastMessage = lastSeq;
    this.#lastAck = lastSeq;
  }

  /** The newest seq up to which all were received. */
  get last(): number {
    return this.#next - 1;
  }

  /** The newest seq that was received. */
  get newest(): number {
    return Math.max(this.#lastMessage, this.#lastAck);
  }

  /** Whether a seq above `last` was received, too. */
  get hasGap(): boolean {
    return this.#ahead.size > 0;
  }

  /** A message of another member. @throws an Error if it is repeated or out of order */
  message(seq: number): void {
    if (seq <= this.#lastMessage) throw new Error(`message ${seq} after ${this.#lastMessage}`);
    this.#lastMessage = seq;
    this.#take(seq);
  }

  /** An ack. @throws an Error if it is repeated, out of order, or came before a message with a lower seq */
  ack(seq: number): void {
    if (seq <= this.#lastAck) throw new Error(`ack of ${seq} after ${this.#lastAck}`);
    this.#lastAck = seq;
    this.#take(seq);
    if (this.#next <= seq) throw new Error(`ack of ${seq} before ${this.#next}`);
  }

  #take(seq: number): void {
    if (seq > this.#next) {
      if (this.#ahead.has(seq)) throw new Error(`received ${seq} twice`);
      this.#ahead.add(seq);
      return;
    }
    if (seq < this.#next) throw new Error(`received ${seq} again, below ${this.#next}`);
    this.#next++;
    while (this.#ahead.size > 0 && this.#ahead.delete(this.#next)) this.#next++;
  }
}
