import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";
import type { Transaction } from "../state/transaction.ts";

/** A change of a user's marks on a message. */
export interface MarkChange<Mark> {
  userId: UserId;
  before: readonly Mark[];
  after: readonly Mark[];
}

/** A kind of mark that users put on messages, as a reaction: where it is stored, and what messages show. */
export interface MarkKind<Mark extends string | number> {
  /** the table of the marks, and its column that names the mark */
  table: "reactions" | "votes";
  column: "key" | "option";
  /** in place of a mark: the user has none on the message any more, and their devices may not know it */
  hadSome: Mark;
  /** the column of `messages` with the tally; null: the message has never had a mark, or takes none */
  tally: "reactions" | "poll";
  /** the tally of a revoked message */
  revoked: string;
  /**
   * A tally after a change.
   * @param firstUsers reads the first users of a mark, in order, after the change
   */
  count(
    tally: string | null,
    change: MarkChange<Mark>,
    firstUsers: (mark: Mark, limit: number) => UserId[],
  ): string;
  /** @param marks of the reader, in the order in which they put them */
  ownPart(marks: Mark[]): OwnPart;
}

/** A user who has put a mark, when (ms since 1970), and the change that this was. */
export type MarkRow = { user_id: UserId; at: number; rev: number };

/** A mark on a message: who has put it, when (ms since 1970), and by which change. */
export interface MarkOnMessage<Mark> {
  seq: Seq;
  userId: UserId;
  mark: Mark;
  at: number;
  rev: number;
}

/**
 * The tables of marks. The tally is in the row of each message: to render a message reads no other row.
 * - By user: what is a reader's own, and what goes with a deleted account.
 * - By message, mark and rev: who has put the mark, in order. The rev is that of the change that put it.
 */
export const MARKS_TABLES = `
  CREATE TABLE reactions (
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq, key)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX reactions_order ON reactions (seq, key, rev);
  CREATE TABLE votes (
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    option INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq, option)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX votes_order ON votes (seq, option, rev);`;

/** The stored marks of one kind in a conversation. The caller wraps writes in a transaction. */
export class MarkStore<Mark extends string | number> {
  readonly #sql: SqlStorage;
  readonly #kind: MarkKind<Mark>;

  constructor(sql: SqlStorage, kind: MarkKind<Mark>) {
    this.#sql = sql;
    this.#kind = kind;
  }

  /** Replaces a user's marks on a message. If none is left, a row stays that says that they had one. */
  replace(row: MessageRow, change: MarkChange<Mark>, rev: number): void {
    const { table, column, hadSome } = this.#kind;
    const { userId, before, after } = change;
    const removed = before.filter((mark) => !after.includes(mark));
    if (removed.length > 0) {
      const query = `DELETE FROM ${table}
        WHERE user_id = ? AND seq = ? AND ${column} IN (SELECT value FROM json_each(?))`;
      this.#sql.exec(query, userId, row.seq, JSON.stringify(removed));
    }
    const insert = `INSERT INTO ${table} (user_id, seq, ${column}, at, rev) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (user_id, seq, ${column}) DO NOTHING`;
    const added = after.length === 0 ? [hadSome] : after.filter((mark) => !before.includes(mark));
    for (const mark of added) this.#sql.exec(insert, userId, row.seq, mark, Date.now(), rev);
    this.#count(row, change);
  }

  /** Deletes all that is stored of a user about a message. @returns whether they had marks on it */
  forget(row: MessageRow, userId: UserId): boolean {
    const before = this.of(row.seq, userId);
    this.#sql.exec(`DELETE FROM ${this.#kind.table} WHERE user_id = ? AND seq = ?`, userId, row.seq);
    if (before.length > 0) this.#count(row, { userId, before, after: [] });
    return before.length > 0;
  }

  /** Deletes the marks of a message. @see ContentFollower.removed */
  removed(_: Transaction, row: MessageRow): void {
    if (row[this.#kind.tally] === null) return;
    this.#sql.exec(`DELETE FROM ${this.#kind.table} WHERE seq = ?`, row.seq);
    this.storeTally(row.seq, this.#kind.revoked);
  }

  /** Stores the tally of a message. */
  storeTally(seq: Seq, tally: string): void {
    this.#sql.exec(`UPDATE messages SET ${this.#kind.tally} = ? WHERE seq = ?`, tally, seq);
  }

  /** The users of a mark after a rev, in the order in which they put it. */
  page(seq: Seq, mark: Mark, after: number, limit: number): MarkRow[] {
    const { table, column } = this.#kind;
    const query = `SELECT user_id, at, rev FROM ${table} WHERE seq = ? AND ${column} = ? AND rev > ?
      ORDER BY rev LIMIT ?`;
    return this.#sql.exec<MarkRow>(query, seq, mark, after, limit).toArray();
  }

  /** A user's marks on a message, in the order in which they put them. */
  of(seq: Seq, userId: UserId): Mark[] {
    return this.#of([seq], userId).get(seq) ?? [];
  }

  /** All marks on these messages; null: they are more than `limit`. */
  onAll(seqs: readonly Seq[], limit: number): MarkOnMessage<Mark>[] | null {
    const { table, column, hadSome } = this.#kind;
    const query = `SELECT seq, user_id, ${column} AS mark, at, rev FROM ${table}
      WHERE seq IN (SELECT value FROM json_each(?)) AND ${column} <> ? ORDER BY rev LIMIT ?`;
    const rows = this.#sql
      .exec<MarkRow & { seq: Seq; mark: Mark }>(query, JSON.stringify(seqs), hadSome, limit + 1)
      .toArray();
    if (rows.length > limit) return null;
    return rows.map(({ seq, user_id: userId, mark, at, rev }) => ({ seq, userId, mark, at, rev }));
  }

  /** At most `limit` messages on which something is stored of a user. */
  seqsOf(userId: UserId, limit: number): Seq[] {
    const query = `SELECT DISTINCT seq FROM ${this.#kind.table} WHERE user_id = ? ORDER BY seq LIMIT ?`;
    return this.#sql
      .exec<{ seq: Seq }>(query, userId, limit)
      .toArray()
      .map(({ seq }) => seq);
  }

  /** The part of a reader who has no mark; null: nobody has, or had, one on this message. */
  none(row: MessageRow): OwnPart | null {
    return row[this.#kind.tally] === null ? null : this.#kind.ownPart([]);
  }

  /** The parts of a reader, for the messages on which they have, or had, a mark. */
  known(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const seqs = rows.map(({ seq }) => seq);
    return new Map([...this.#of(seqs, userId)].map(([seq, marks]) => [seq, this.#kind.ownPart(marks)]));
  }

  /** The marks by message; none for a message on which they had some. */
  #of(seqs: readonly Seq[], userId: UserId): Map<Seq, Mark[]> {
    const { table, column, hadSome } = this.#kind;
    const query = `SELECT seq, ${column} AS mark FROM ${table}
      WHERE user_id = ? AND seq IN (SELECT value FROM json_each(?)) ORDER BY rev`;
    const found = new Map<Seq, Mark[]>();
    const rows = this.#sql.exec<{ seq: Seq; mark: Mark }>(query, userId, JSON.stringify(seqs));
    for (const { seq, mark } of rows)
      found.set(seq, [...(found.get(seq) ?? []), ...(mark === hadSome ? [] : [mark])]);
    return found;
  }

  #count(row: MessageRow, change: MarkChange<Mark>): void {
    const firstUsers = (mark: Mark, limit: number) =>
      this.page(row.seq, mark, 0, limit).map(({ user_id }) => user_id);
    this.storeTally(row.seq, this.#kind.count(row[this.#kind.tally], change, firstUsers));
  }
}
