import { Position } from "../core/ids.ts";
import { type Filter, type Log, type Reader, type Row, type Rows, WANTED, wanted } from "./log.ts";

/** Those that somebody wrote, and that still say something. */
const READABLE = `${WANTED} AND kind != 'tip'`;

/** Messages that one stretch looks at: of a sender who wrote little there may be none among many. */
const MOST_PASSED = 20_000;

/** Which part of what can be read is wanted, and in which order. */
export interface Range extends Filter {
  /** bounds, exclusive */
  after?: number;
  before?: number;
  rising: boolean;
  limit: number;
}

export interface ReadableRange extends Range {
  /** so many are passed over */
  skip?: number;
}

/** A part of what can be read, and behind which seq to go on; null: there is nothing more. */
export interface Stretch {
  rows: Row[];
  next: Position | null;
}

/** The conversation as something to read: without tips, without what was revoked or hidden. */
export class Readable {
  readonly #sql: SqlStorage;
  readonly #log: Log;

  constructor(sql: SqlStorage, log: Log) {
    this.#sql = sql;
    this.#log = log;
  }

  /** At most `limit` messages, and no more than a page may hold. */
  page({ skip = 0, ...range }: ReadableRange, reader: Reader): Rows {
    const { after, before, rising, limit, ...filter } = range;
    const isPlain = !rising && filter.senderId === undefined && filter.kind === undefined;
    const from = isPlain && skip > 0 ? this.#below(before, skip, reader) : { before, skip };
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${rising ? "ASC" : "DESC"} LIMIT ? OFFSET ?`;
    const bounds = [after ?? 0, from.before ?? Number.MAX_SAFE_INTEGER];
    const found = this.#sql.exec<Row>(query, ...bounds, ...wanted(reader, filter), limit + 1, from.skip);
    return this.#log.cut(found, limit);
  }

  /** At most `limit` messages, and no more than a page may hold: fewer, even none, where others lie between. */
  stretch({ after = 0, before, rising, limit, ...filter }: Range, reader: Reader): Stretch {
    const low = Math.max(after, reader.visible_from);
    const high = Math.min(before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);
    const from = rising ? low : Math.max(low, high - 1 - MOST_PASSED);
    const to = rising ? Math.min(high, low + 1 + MOST_PASSED) : high;
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${rising ? "ASC" : "DESC"} LIMIT ?`;
    const found = this.#sql.exec<Row>(query, from, to, ...wanted(reader, filter), limit + 1);
    const { rows, hasMore } = this.#log.cut(found, limit);
    const last = rows.at(-1);
    if (hasMore && last) return { rows, next: Position.parse(last.seq) };
    const isEnd = rising ? to === high : from === low;
    return { rows, next: isEnd ? null : Position.parse(rising ? to - 1 : from + 1) };
  }

  /** How many there are, up to the newest message: what is gone is counted, not what is there. */
  count(reader: Reader): number {
    const { seq, n } = this.#log.last;
    return n - this.#log.placeOf(reader.visible_from).n - this.#gone(reader.visible_from, seq, reader);
  }

  /**
   * Where a page begins that passes over so many, and how many are then left to pass over. Messages know how many
   * there are up to them: so many of these lie above that place, and of them what is gone is left.
   */
  #below(before: number | undefined, skip: number, reader: Reader): { before: number; skip: number } {
    const { last } = this.#log;
    const top =
      before !== undefined && before <= last.seq ? this.#log.placeOf(Position.parse(before - 1)) : last;
    if (skip >= top.n) return { before: 0, skip: 0 };
    // Below `place` there are `top.n - skip` at most; at it there are more.
    let low = 0;
    let place: number = top.seq;
    while (place - low > 1) {
      const middle = Math.floor((low + place) / 2);
      if (this.#log.placeOf(Position.parse(middle)).n > top.n - skip) place = middle;
      else low = middle;
    }
    return { before: place, skip: this.#gone(place - 1, top.seq, reader) };
  }

  /** How many behind a seq, and up to another, say nothing to a reader any more: revoked, or hidden from him. */
  #gone(after: number, upTo: number, { user_id }: Reader): number {
    const query = `SELECT (SELECT count(*) FROM messages INDEXED BY messages_revoked
        WHERE revoked_rev IS NOT NULL AND seq > ? AND seq <= ? AND kind != 'tip') +
      (SELECT count(*) FROM hidden JOIN messages USING (seq)
        WHERE hidden.user_id = ? AND seq > ? AND seq <= ? AND revoked_rev IS NULL AND kind != 'tip') AS gone`;
    return this.#sql.exec<{ gone: number }>(query, after, upTo, user_id, after, upTo).one().gone;
  }
}
