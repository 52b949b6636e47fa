import { NOBODY, Position, Seq, type UserId } from "../../domain/ids.ts";
import { CHUNK, inChunks } from "../../object/row-chunks.ts";
import type { Archives } from "../archives/archives.ts";
import { boundsBehind, IN_MAIN, VISIBLE, visibleTo } from "./filter.ts";
import type { RecentRows } from "./recent-rows.ts";
import { HEAD, type LogHead, type MessageRow, type Order, type Reader } from "./row.ts";

/**
 * So many seqs are looked through for messages of the main stream, before what follows is jumped over that is
 * not in it.
 */
const WINDOW = 2 * CHUNK;

/** The log, as its main stream needs it. */
interface WholeLog {
  readonly last: LogHead;
  readonly archives: Pick<Archives, "bodies">;
  headAt(seq: Position | null): LogHead;
  get(seq: Seq): MessageRow | undefined;
}

/** The main stream of a log: its messages without thread-only replies. */
export class MainStream {
  readonly #sql: SqlStorage;
  readonly #recent: RecentRows;
  readonly #log: WholeLog;
  /** the newest message of the main stream */
  last: LogHead;
  /** its row; undefined: it has changed, or was not read yet */
  #newest: MessageRow | undefined;
  /** the senders of shadowed messages; undefined: to be looked up */
  #shadowed: ReadonlySet<UserId> | undefined;

  constructor(sql: SqlStorage, recent: RecentRows, log: WholeLog) {
    this.#sql = sql;
    this.#recent = recent;
    this.#log = log;
    this.last = this.headAt(Number.MAX_SAFE_INTEGER);
  }

  /** A message is stored, of any stream. */
  stored(row: MessageRow): void {
    if (row.shadowed !== null) this.#shadowed = undefined;
    if (row.in_main === 0) return;
    this.last = this.#log.last;
    this.#newest = row;
  }

  /** Stored rows up to a seq are about to change: memory drops its copy. */
  changes(seq: number): void {
    if (this.#newest && this.#newest.seq <= seq) this.#newest = undefined;
  }

  /** Takes a changed row into memory. */
  replace(row: MessageRow): void {
    if (this.#newest?.seq === row.seq) this.#newest = row;
  }

  /**
   * The newest message up to a seq; seq 0 if there is none. A thread-only reply names the message before it
   * in the main stream: a run of them needs no scan.
   */
  headAt(upTo: number): LogHead {
    const query = `SELECT ${HEAD}, main_before FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1`;
    const [row] = this.#sql.exec<LogHead & Pick<MessageRow, "main_before">>(query, upTo).toArray();
    if (!row) return this.#log.headAt(Position.parse(0));
    if (row.main_before !== null) return this.#log.headAt(row.main_before);
    return { seq: row.seq, n: row.n, at: row.at };
  }

  /** The newest message of the main stream that the reader may see. */
  newest(reader: Reader): MessageRow | undefined {
    if (this.#isShadowed(reader)) return this.#newestBefore(this.#log.last.seq + 1, reader);
    this.#newest ??= this.last.seq > 0 ? this.#log.get(Seq.parse(this.last.seq)) : undefined;
    const row = this.#newest;
    if (!row || this.#recent.isVisible(row, reader)) return row;
    return this.#newestBefore(row.seq + 1, reader);
  }

  #newestBefore(seq: number, reader: Reader): MessageRow | undefined {
    const [row] = this.before(seq, 1, reader);
    return row && this.#log.archives.bodies.of(row);
  }

  /** The newest message of a reader's main stream; for all but shadowed ones, whether they see it or not. */
  lastOf(reader: Reader): LogHead {
    const own = this.#isShadowed(reader) ? this.newest(reader) : undefined;
    if (!own || own.seq <= this.last.seq) return this.last;
    return { seq: Position.parse(own.seq), n: own.n, at: own.created_at };
  }

  /** Whether the main stream of a reader has messages that others do not see. */
  #isShadowed({ user_id }: Reader): boolean {
    if (!this.#shadowed) {
      const query = `SELECT DISTINCT sender_id FROM messages INDEXED BY messages_shadowed
        WHERE shadowed IS NOT NULL`;
      const rows = this.#sql.exec<{ sender_id: UserId }>(query).toArray();
      this.#shadowed = new Set(rows.map(({ sender_id }) => sender_id));
    }
    return user_id === NOBODY ? this.#shadowed.size > 0 : this.#shadowed.has(user_id);
  }

  /** At most `limit` messages of the main stream after a seq. A run of thread-only replies is jumped over. */
  *after(seq: number, limit: number, reader: Reader): Iterable<MessageRow> {
    if (this.#isShadowed(reader)) {
      yield* this.#ofShadowed({ after: seq, before: this.#log.last.seq + 1 }, "ASC", limit, reader);
      return;
    }
    const query = `SELECT * FROM messages WHERE seq > ? AND seq <= ? AND ${VISIBLE} AND in_main = 1
      ORDER BY seq LIMIT ?`;
    let start: number | undefined = Math.max(seq, reader.visible_from);
    for (let left = limit; left > 0 && start !== undefined && start < this.last.seq; ) {
      const end: number = Math.min(start + WINDOW, this.last.seq);
      const count = Math.min(CHUNK, left);
      const bindings = [start, end, ...visibleTo(reader), count];
      const rows: MessageRow[] = this.#sql.exec<MessageRow>(query, ...bindings).toArray();
      yield* rows;
      left -= rows.length;
      const next: number | undefined = rows.length < count ? this.next(end) : undefined;
      start = rows.length < count ? next && next - 1 : rows.at(-1)?.seq;
    }
  }

  /** The same before a seq, newest first. */
  *before(seq: number, limit: number, reader: Reader): Iterable<MessageRow> {
    if (this.#isShadowed(reader)) {
      yield* this.#ofShadowed({ after: 0, before: seq }, "DESC", limit, reader);
      return;
    }
    const query = `SELECT * FROM messages WHERE seq < ? AND seq >= ? AND ${VISIBLE} AND in_main = 1
      ORDER BY seq DESC LIMIT ?`;
    let end: number = this.#endAt(seq);
    for (let left = limit; left > 0 && end > reader.visible_from + 1; ) {
      const start: number = Math.max(1, end - WINDOW);
      const count = Math.min(CHUNK, left);
      const bindings = [end, start, ...visibleTo(reader), count];
      const rows: MessageRow[] = this.#sql.exec<MessageRow>(query, ...bindings).toArray();
      yield* rows;
      left -= rows.length;
      end = rows.length < count ? this.#endAt(start) : (rows.at(-1)?.seq ?? start);
    }
  }

  /** The main stream of a shadowed reader: a run of thread-only replies may have messages of theirs. */
  #ofShadowed(
    range: { after: number; before: number },
    order: Order,
    limit: number,
    reader: Reader,
  ): Iterable<MessageRow> {
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${VISIBLE} AND ${IN_MAIN}
      ORDER BY seq ${order} LIMIT ?`;
    return inChunks<MessageRow>(limit, (count, row) =>
      this.#sql
        .exec<MessageRow>(query, ...boundsBehind(row, range, order), ...visibleTo(reader), count)
        .toArray(),
    );
  }

  /** The bound of the same messages of the main stream without the thread-only replies right before it. */
  #endAt(bound: number): number {
    if (bound > this.last.seq) return this.last.seq + 1;
    return this.headAt(bound - 1).seq + 1;
  }

  /**
   * The seq of the first message of the main stream behind a seq; undefined: there is none. It is looked for
   * in steps that double, then by halves: a run of thread-only replies needs no scan.
   */
  next(seq: number): Seq | undefined {
    const { seq: last } = this.last;
    if (seq >= last) return undefined;
    const isReached = (upTo: number) => this.headAt(upTo).seq > seq;
    let [before, found]: [number, number] = [seq, seq + 1];
    for (let step = 2; found < last && !isReached(found); step *= 2)
      [before, found] = [found, Math.min(last, found + step)];
    while (found - before > 1) {
      const middle = Math.floor((before + found) / 2);
      if (isReached(middle)) found = middle;
      else before = middle;
    }
    return Seq.parse(found);
  }
}
