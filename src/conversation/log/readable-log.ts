import { Position } from "../../domain/ids.ts";
import { inChunks } from "../../object/row-chunks.ts";
import {
  boundsBehind,
  type Filter,
  IN_MAIN,
  MATCHES_FILTER,
  matchesFilter,
  VISIBLE,
  visibleTo,
} from "./filter.ts";
import type { MessageLog } from "./message-log.ts";
import type { MessageRow, MessageRows, Reader } from "./row.ts";

/** Matches what `MATCHES_FILTER` matches in the main stream, without system messages; the same bindings. */
const READABLE = `${MATCHES_FILTER} AND ${IN_MAIN} AND kind != 'tip'`;

/** The maximum of rows that one chunk scans: a filter may match none of very many. */
const MAX_SCANNED = 20_000;

/** Selects messages of a `ReadableLog` by seq, sender and kind. */
export interface LogRange extends Filter {
  /** seqs, both exclusive; absent: unbounded */
  after?: number;
  before?: number;
  ascending: boolean;
  limit: number;
}

/** A `LogRange` that may skip messages, for pages by number. */
export interface ReadableRange extends LogRange {
  /** the number of messages to skip before the page */
  skip?: number;
}

/**
 * A part of a readable log. `next` is the exclusive bound of the next chunk in the same order; null: no more
 * rows.
 */
export interface LogChunk {
  rows: MessageRow[];
  next: Position | null;
}

/**
 * The main stream of a conversation without system messages, revoked messages, and those which the reader has
 * hidden.
 */
export class ReadableLog {
  readonly #sql: SqlStorage;
  readonly #log: MessageLog;

  constructor(sql: SqlStorage, log: MessageLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /** Reads at most `limit` messages, within the bytes of a page. */
  page({ skip = 0, ...range }: ReadableRange, reader: Reader): MessageRows {
    const { after, before, ascending, limit, ...filter } = range;
    const isNarrowed = filter.senderId !== undefined || filter.kind !== undefined;
    // The numbers of countable messages, by which a page is found, leave silent ones out.
    const isPlain = !ascending && !isNarrowed && !this.#hasSilent() && this.#countShadowed(reader) === 0;
    const start = isPlain && skip > 0 ? this.#pageStart(before, skip, reader) : { before, skip };
    const order = ascending ? "ASC" : "DESC";
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${order} LIMIT ? OFFSET ?`;
    const page = { after: after ?? 0, before: start.before ?? this.#log.main.lastOf(reader).seq + 1 };
    const bindings = matchesFilter(reader, filter);
    const found = inChunks<MessageRow>(limit + 1, (count, row) => {
      const bounds = boundsBehind(row, page, order);
      const skipped = row ? 0 : start.skip;
      return this.#sql.exec<MessageRow>(query, ...bounds, ...bindings, count, skipped).toArray();
    });
    return this.#log.cut(found, limit);
  }

  /**
   * Reads at most `limit` messages, within the bytes of a page, out of at most 20,000 rows. A chunk may
   * therefore be short or empty although `next` is not null.
   */
  chunk({ after = 0, before, ascending, limit, ...filter }: LogRange, reader: Reader): LogChunk {
    const low = Math.max(after, reader.visible_from);
    const high = Math.min(before ?? Number.MAX_SAFE_INTEGER, this.#log.main.lastOf(reader).seq + 1);
    const from = ascending ? low : Math.max(low, high - 1 - MAX_SCANNED);
    const to = ascending ? Math.min(high, low + 1 + MAX_SCANNED) : high;
    const order = ascending ? "ASC" : "DESC";
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${READABLE}
      ORDER BY seq ${order} LIMIT ?`;
    const bindings = matchesFilter(reader, filter);
    const found = inChunks<MessageRow>(limit + 1, (count, row) => {
      const bounds = boundsBehind(row, { after: from, before: to }, order);
      return this.#sql.exec<MessageRow>(query, ...bounds, ...bindings, count).toArray();
    });
    const { rows, hasMore } = this.#log.cut(found, limit);
    const last = rows.at(-1);
    if (hasMore && last) return { rows, next: Position.parse(last.seq) };
    const isEnd = ascending ? to === high : from === low;
    return { rows, next: isEnd ? null : Position.parse(ascending ? to - 1 : from + 1) };
  }

  /**
   * The number of messages that a reader can read. It subtracts revoked and hidden messages, which are few,
   * from the countable ones, whose number the newest row stores, and from the silent ones.
   */
  count(reader: Reader): number {
    const { visible_from: from } = reader;
    const { seq, n } = this.#log.last;
    const counted = n - this.#log.headAt(from).n;
    return (
      counted + this.#countSilent(from) + this.#countShadowed(reader) - this.#countRemoved(from, seq, reader)
    );
  }

  /** The number of messages that the reader alone sees. */
  #countShadowed(reader: Reader): number {
    const query = `SELECT count(*) AS count FROM messages INDEXED BY messages_shadowed
      WHERE shadowed = 1 AND sender_id = ? AND revoked_rev IS NULL AND ${VISIBLE}`;
    return this.#sql.exec<{ count: number }>(query, reader.user_id, ...visibleTo(reader)).one().count;
  }

  /** The number of silent messages after a seq. */
  #countSilent(after: number): number {
    const query = `SELECT count(*) AS silent FROM messages INDEXED BY messages_silent
      WHERE silent IS NOT NULL AND seq > ? AND in_main = 1`;
    return this.#sql.exec<{ silent: number }>(query, after).one().silent;
  }

  #hasSilent(): boolean {
    const query = "SELECT 1 FROM messages INDEXED BY messages_silent WHERE silent IS NOT NULL LIMIT 1";
    return this.#sql.exec(query).toArray().length > 0;
  }

  /**
   * Finds by binary search where a page begins that skips `skip` messages. Each row stores the number of
   * countable messages up to it, so exactly `skip` of them are at or above the returned seq.
   * @returns `before`: that seq; `skip`: how many of the skipped ones are revoked or hidden, as they do not
   *   count as skipped, and as many readable ones are still to skip
   */
  #pageStart(before: number | undefined, skip: number, reader: Reader): { before: number; skip: number } {
    const { last } = this.#log;
    const top =
      before !== undefined && before <= last.seq ? this.#log.headAt(Position.parse(before - 1)) : last;
    if (skip >= top.n) return { before: 0, skip: 0 };
    // Invariant: up to `low` there are at most `top.n - skip` countable messages, up to `high` there are
    // more.
    let low = 0;
    let high: number = top.seq;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#log.headAt(Position.parse(middle)).n > top.n - skip) high = middle;
      else low = middle;
    }
    return { before: high, skip: this.#countRemoved(high - 1, top.seq, reader) };
  }

  /** Counts the messages after a seq, up to another, that are revoked or that the reader has hidden. */
  #countRemoved(after: number, upTo: number, { user_id }: Reader): number {
    const query = `SELECT (SELECT count(*) FROM messages INDEXED BY messages_revoked
        WHERE revoked_rev IS NOT NULL AND seq > ? AND seq <= ? AND kind != 'tip' AND in_main = 1) +
      (SELECT count(*) FROM hidden JOIN messages USING (seq)
        WHERE hidden.user_id = ? AND seq > ? AND seq <= ? AND revoked_rev IS NULL AND kind != 'tip'
          AND in_main = 1) AS removed`;
    return this.#sql.exec<{ removed: number }>(query, after, upTo, user_id, after, upTo).one().removed;
  }
}
