import { isDeepStrictEqual } from "node:util";
import type { Message } from "./shapes.ts";

/** A message of a conversation: its sender and its text. */
export interface DisplayedMessage {
  senderId: number;
  text: string;
}

/**
 * One conversation as a device shows it. Messages of others, and those of a replay, arrive in rising order,
 * each once. An ack arrives after all older messages.
 */
export class Displayed {
  /** by seq */
  readonly messages = new Map<number, DisplayedMessage>();
  /** Everything before it has arrived, except own sends without an ack, which are repeated. */
  seq = 0;
  rev = 0;
  /** whether the socket is at the end of its replay */
  isLive = false;
  #newestArrived = 0;
  #complete = 0;

  /** The last seq before the first one that is missing. */
  get complete(): number {
    return this.#complete;
  }

  /** @throws an Error if the message is repeated or out of order */
  message({ seq, sender, body }: Message): void {
    if (seq <= this.#newestArrived) throw new Error(`message ${seq} arrived after ${this.#newestArrived}`);
    if (this.messages.has(seq)) throw new Error(`message ${seq} arrived after its ack`);
    this.#newestArrived = seq;
    this.#show(seq, { senderId: sender.id, text: body.text ?? "" });
  }

  /** @throws an Error if an older message has not arrived, or if another message has this seq */
  ack(seq: number, message: DisplayedMessage): void {
    const known = this.messages.get(seq) ?? message;
    if (!isDeepStrictEqual(known, message)) throw new Error(`the ack of "${message.text}" names ${seq}`);
    this.#show(seq, message);
    if (this.#complete < seq) throw new Error(`the ack of ${seq} came before message ${this.#complete + 1}`);
  }

  /** Messages have changed. A replay says by its end how far it has brought the changes. */
  changed(rev: number): void {
    if (this.isLive) this.rev = Math.max(this.rev, rev);
  }

  /** A page of a replay has ended. */
  synced(lastSeq: number, rev: number, isLive: boolean): void {
    this.seq = Math.max(this.seq, lastSeq);
    this.rev = rev;
    this.isLive = isLive;
  }

  #show(seq: number, message: DisplayedMessage): void {
    this.messages.set(seq, message);
    this.seq = Math.max(this.seq, seq);
    while (this.messages.has(this.#complete + 1)) this.#complete++;
  }
}
