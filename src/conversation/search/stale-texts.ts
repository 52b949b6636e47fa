import type { Seq, UserId } from "../../domain/ids.ts";

/**
 * The messages whose pieces in the index are not those of their present text: edited and revoked ones, and
 * long ones of which some pieces are still to be added. The index has the first `pieces` pieces of `text`;
 * null: all of them. A row goes once the index has the present text.
 */
export const STALE_TEXTS_TABLE = `
  CREATE TABLE stale_texts (
    sender_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    pieces INTEGER,
    PRIMARY KEY (sender_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX stale_texts_seq ON stale_texts (seq);`;

/** The edited messages of one sender that may wait, and the bytes of their former texts. */
const MAX_WAITING = 100;
const MAX_WAITING_BYTES = 100_000;

/** A row of `stale_texts`. */
export type StaleText = { sender_id: UserId; seq: Seq; text: string; pieces: number | null };

/** Reads and writes the table `stale_texts`. Callers wrap writes in a transaction. */
export class StaleTexts {
  readonly #sql: SqlStorage;
  /** the sender whose message was taken last */
  #lastSender = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM stale_texts LIMIT 1").toArray().length === 0;
  }

  /** Whether so much of a sender waits that they may not add to it. */
  isFullFor(senderId: UserId): boolean {
    const query = `SELECT count(*) AS texts, coalesce(sum(octet_length(text)), 0) AS bytes
      FROM (SELECT text FROM stale_texts WHERE sender_id = ? LIMIT ${MAX_WAITING})`;
    const { texts, bytes } = this.#sql.exec<{ texts: number; bytes: number }>(query, senderId).one();
    return texts >= MAX_WAITING || bytes >= MAX_WAITING_BYTES;
  }

  has(seq: Seq): boolean {
    return this.#sql.exec("SELECT 1 FROM stale_texts WHERE seq = ?", seq).toArray().length > 0;
  }

  /** Adds a message. One that is there keeps its row: the index has what that row says. */
  add({ sender_id, seq, text, pieces }: StaleText): void {
    this.#sql.exec("INSERT OR IGNORE INTO stale_texts VALUES (?, ?, ?, ?)", sender_id, seq, text, pieces);
  }

  /** Notes what the index has of a message that is there. */
  update({ sender_id, seq, text, pieces }: StaleText): void {
    const query = "UPDATE stale_texts SET text = ?, pieces = ? WHERE sender_id = ? AND seq = ?";
    this.#sql.exec(query, text, pieces, sender_id, seq);
  }

  remove({ sender_id, seq }: StaleText): void {
    this.#sql.exec("DELETE FROM stale_texts WHERE sender_id = ? AND seq = ?", sender_id, seq);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM stale_texts");
  }

  /** The next message: senders take turns, so that none waits for all the messages of another. */
  next(): StaleText | undefined {
    const query = "SELECT * FROM stale_texts WHERE sender_id > ? ORDER BY sender_id, seq LIMIT 1";
    const after = (senderId: number) => this.#sql.exec<StaleText>(query, senderId).toArray()[0];
    const found = after(this.#lastSender) ?? after(-1);
    this.#lastSender = found?.sender_id ?? 0;
    return found;
  }

  /** The next at most `limit` messages between two seqs, both exclusive, in an order. */
  between({ after, before }: { after: number; before: number }, order: "ASC" | "DESC", limit: number): Seq[] {
    const query = `SELECT seq FROM stale_texts WHERE seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?`;
    return this.#sql
      .exec<{ seq: Seq }>(query, after, before, limit)
      .toArray()
      .map(({ seq }) => seq);
  }
}
