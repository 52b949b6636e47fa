import type { MessageRow, Reader } from "./row.ts";

/** So many rows stay in memory when older ones are dropped: two full live pages. */
const KEPT_ROWS = 1024;
/** The most UTF-16 units of the bodies of rows that stay. */
const KEPT_CHARS = 256 * 1024;
/** Rows are dropped from so many times either limit on. */
const SLACK = 1.25;

/**
 * The newest rows of the log in memory, without a gap, with what was made of them. A live update of each
 * member needs the same few rows: they are read from here instead of by a query for each member.
 */
export class RecentRows<Made = unknown> {
  #rows: MessageRow[] = [];
  /** what was made of each row; a weak map of the rows takes more time */
  #made: (Made | undefined)[] = [];
  #chars = 0;
  /** some member does not see a message up to this seq: a query tells who sees which of them */
  #hiddenUpTo: number;

  constructor(sql: SqlStorage) {
    const lastHidden = "SELECT coalesce(max(seq), 0) AS seq FROM hidden";
    this.#hiddenUpTo = sql.exec<{ seq: number }>(lastHidden).one().seq;
  }

  /** Adds the newest row, once it is committed. */
  add(row: MessageRow): void {
    if (this.#rows.at(-1)?.seq !== row.seq - 1) this.#clear();
    if (row.shadowed !== null) this.hidden(row.seq);
    this.#rows.push(Object.freeze(row));
    this.#made.push(undefined);
    this.#chars += row.body.length;
    if (this.#rows.length > SLACK * KEPT_ROWS || this.#chars > SLACK * KEPT_CHARS) this.#dropOldest();
  }

  /** Drops many rows at once: an array that loses its first one moves all others, with every message. */
  #dropOldest(): void {
    let first = Math.max(0, this.#rows.length - KEPT_ROWS);
    let chars = this.#rows.slice(first).reduce((sum, { body }) => sum + body.length, 0);
    while (chars > KEPT_CHARS && first < this.#rows.length - 1)
      chars -= this.#rows[first++]?.body.length ?? 0;
    this.#rows = this.#rows.slice(first);
    this.#made = this.#made.slice(first);
    this.#chars = chars;
  }

  /** Replaces a row by the row as it is stored now. */
  replace(row: MessageRow): void {
    const index = this.#indexOf(row);
    const former = this.#rows[index];
    if (!former) return;
    this.#chars += row.body.length - former.body.length;
    this.#rows = this.#rows.with(index, Object.freeze(row));
    this.#made[index] = undefined;
  }

  /** What was made of a row, as long as this very row is in memory. */
  madeOf(row: MessageRow): Made | undefined {
    const index = this.#indexOf(row);
    return this.#rows[index] === row ? this.#made[index] : undefined;
  }

  /** Keeps what was made of a row while this very row is in memory. */
  keep(row: MessageRow, made: Made): void {
    const index = this.#indexOf(row);
    if (this.#rows[index] === row) this.#made[index] = made;
  }

  #indexOf({ seq }: MessageRow): number {
    const [oldest] = this.#rows;
    return oldest ? seq - oldest.seq : -1;
  }

  /** A row is about to change. */
  changes(seq: number): void {
    const [oldest] = this.#rows;
    if (oldest && seq >= oldest.seq) this.#clear();
  }

  #clear(): void {
    this.#rows = [];
    this.#made = [];
    this.#chars = 0;
  }

  /** A member does not see a message. */
  hidden(seq: number): void {
    this.#hiddenUpTo = Math.max(this.#hiddenUpTo, seq);
  }

  /**
   * All rows after a seq, oldest first.
   * @returns null if some are not in memory, or the reader may not see some
   */
  after(seq: number, reader: Reader): readonly MessageRow[] | null {
    const [oldest] = this.#rows;
    if (!oldest || seq < oldest.seq - 1 || seq < this.#hiddenUpTo || seq < reader.visible_from) return null;
    return this.#rows.slice(seq - oldest.seq + 1);
  }

  /** Whether it is known without a query that the reader may see a row. */
  isVisible(row: MessageRow, reader: Reader): boolean {
    return row.seq > this.#hiddenUpTo && row.seq > reader.visible_from;
  }
}
