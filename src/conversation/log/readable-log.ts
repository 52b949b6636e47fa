import { Position } from "../../domain/ids.ts";
import { MATCHES_FILTER, type MessageLog, matchesFilter } from "./message-log.ts";
import type { Filter, MessageRow, MessageRows, Reader } from "./row.ts";

/** Those that somebody wrote, and that still say something. */
const READABLE = `${MATCHES_FILTER} AND kind != 'tip'`;

/** Messages that one stretch looks at: of a sender who wrote little there may be none among many. */
const MAX_SCANNED = 20_000;

/** Which part of what can be read is wanted, and in which order. */
export interface LogRange extends Filter {
  /** bounds, exclusive */
  after?: number;
  before?: number;
  ascending: boolean;
  limit: number;
}

export interface ReadableRange extends LogRange {
  /** so many are passed over */
  skip?: number;
}

/** A part of what can be read, and behind which seq to go on; null: there is nothing more. */
export interface LogChunk {
  rows: MessageRow[];
  next: Position | null;
}

/** The conversation as something to read: without tips, without what was revoked or hidden. */
export class ReadableLog {
  readonly #sql: SqlStorage;
  readonly #log: MessageLog;

  constructor(sql: SqlStorage, log: MessageLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /** At most `limit` messages, and no more than a page may hold. */
  page({ skip = 0, ...range }: ReadableRange, reader: Reader): MessageRows {
    const { after, before, ascending, limit, ...filter } = range;
    const isPlain = !ascending && filter.senderId === undefined && filter.kind === undefined;
    const from = isPlain && skip > 0 ? this.#below(before, skip, reader) : { before, skip };
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${ascending ? "ASC" : "DESC"} LIMIT ? OFFSET ?`;
    const bounds = [after ?? 0, from.before ?? Number.MAX_SAFE_INTEGER];
    const found = this.#sql.exec<MessageRow>(
      query,
      ...bounds,
      ...matchesFilter(reader, filter),
      limit + 1,
      from.skip,
    );
    return this.#log.cut(found, limit);
  }

  /** At most `limit` messages, and no more than a page may hold: fewer, even none, where others lie between. */
  chunk({ after = 0, before, ascending, limit, ...filter }: LogRange, reader: Reader): LogChunk {
    const low = Math.max(after, reader.visible_from);
    const high = Math.min(before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);
    const from = ascending ? low : Math.max(low, high - 1 - MAX_SCANNED);
    const to = ascending ? Math.min(high, low + 1 + MAX_SCANNED) : high;
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${ascending ? "ASC" : "DESC"} LIMIT ?`;
    const found = this.#sql.exec<MessageRow>(query, from, to, ...matchesFilter(reader, filter), limit + 1);
    const { rows, hasMore } = this.#log.cut(found, limit);
    const last = rows.at(-1);
    if (hasMore && last) return { rows, next: Position.parse(last.seq) };
    const isEnd = ascending ? to === high : from === low;
    return { rows, next: isEnd ? null : Position.parse(ascending ? to - 1 : from + 1) };
  }

  /** How many there are, up to the newest message: what is gone is counted, not what is there. */
  count(reader: Reader): number {
    const { seq, n } = this.#log.last;
    return (
      n - this.#log.countedUpTo(reader.visible_from).n - this.#deletedForMe(reader.visible_from, seq, reader)
    );
  }

  /**
   * Where a page begins that passes over so many, and how many are then left to pass over. Messages know how many
   * there are up to them: so many of these lie above that place, and of them what is gone is left.
   */
  #below(before: number | undefined, skip: number, reader: Reader): { before: number; skip: number } {
    const { last } = this.#log;
    const top =
      before !== undefined && before <= last.seq ? this.#log.countedUpTo(Position.parse(before - 1)) : last;
    if (skip >= top.n) return { before: 0, skip: 0 };
    // Below `place` there are `top.n - skip` at most; at it there are more.
    let low = 0;
    let place: number = top.seq;
    while (place - low > 1) {
      const middle = Math.floor((low + place) / 2);
      if (this.#log.countedUpTo(Position.parse(middle)).n > top.n - skip) place = middle;
      else low = middle;
    }
    return { before: place, skip: this.#deletedForMe(place - 1, top.seq, reader) };
  }

  /** How many behind a seq, and up to another, say nothing to a reader any more: revoked, or hidden from him. */
  #deletedForMe(after: number, upTo: number, { user_id }: Reader): number {
    const query = `SELECT (SELECT count(*) FROM messages INDEXED BY messages_revoked
        WHERE revoked_rev IS NOT NULL AND seq > ? AND seq <= ? AND kind != 'tip') +
      (SELECT count(*) FROM hidden JOIN messages USING (seq)
        WHERE hidden.user_id = ? AND seq > ? AND seq <= ? AND revoked_rev IS NULL AND kind != 'tip') AS gone`;
    return this.#sql.exec<{ gone: number }>(query, after, upTo, user_id, after, upTo).one().gone;
  }
}
