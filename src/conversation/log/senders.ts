import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";

type Row = [n: number, senderId: UserId];

/** The sender of a message that does not count. */
const NOBODY = 0;

/**
 * Who sent the newest messages that count as unread, in memory from the first question on. Each row is read
 * once while the object is awake, whatever is asked: neither the sender nor whether a message counts ever
 * changes.
 */
export class Senders {
  readonly #sql: SqlStorage;
  /** the seq of the first known message */
  #first = 1;
  /** the senders of the messages from `#first` on */
  #known: number[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The number of countable messages of one sender from a seq on, up to the newest message `last`. */
  countOf(senderId: UserId, from: Seq, last: number): number {
    this.#load(from, last);
    let count = 0;
    for (let i = from - this.#first; i < this.#known.length; i++) if (this.#known[i] === senderId) count++;
    return count;
  }

  #load(from: number, last: number): void {
    if (this.#known.length === 0) this.#first = last + 1;
    if (from < this.#first) {
      this.#known = [...this.#read(from, this.#first - 1), ...this.#known];
      this.#first = from;
    }
    for (const sender of this.#read(this.#first + this.#known.length, last)) this.#known.push(sender);
    const spare = last - this.#first - LIMITS.markedUnread;
    if (spare <= LIMITS.markedUnread) return;
    this.#known.splice(0, spare);
    this.#first += spare;
  }

  /** The senders of these messages. A message counts if its number is higher than that of the one before. */
  *#read(from: number, to: number): Iterable<number> {
    if (from > to) return;
    const query = "SELECT n, sender_id FROM messages WHERE seq >= ? AND seq <= ? ORDER BY seq";
    let before = from === 1 ? 0 : null;
    for (const [n, senderId] of this.#sql.exec(query, from - 1, to).raw<Row>()) {
      if (before !== null) yield n > before ? senderId : NOBODY;
      before = n;
    }
  }
}
