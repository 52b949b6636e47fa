import type { NewestCounted } from "../../domain/conversations/archive.ts";
import { NOBODY, Position, Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { EMPTY_BODY, type SystemMessage } from "../../domain/messages/content.ts";
import type { Mentioned, NoticeDraft } from "../../domain/messages/message.ts";
import type { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import { CHUNK, inChunks } from "../../object/row-chunks.ts";
import { mendTimes } from "../state/mended-times.ts";
import type { Transaction } from "../state/transaction.ts";
import { Attachments } from "./attachments.ts";
import { boundsBehind, IN_MAIN, VISIBLE, visibleTo } from "./filter.ts";
import { Hides } from "./hides.ts";
import { insertMessage, insertMessages } from "./insert.ts";
import { MentionIndex } from "./mention-index.ts";
import { Pins } from "./pins.ts";
import type { RecentRows } from "./recent-rows.ts";
import { RevokedMessages } from "./revoked-messages.ts";
import {
  type MessageRow,
  type MessageRows,
  NO_THREAD,
  type Order,
  type Reader,
  type Scope,
  UNCHANGED,
} from "./row.ts";
import { Senders } from "./senders.ts";

/** The columns that an edit changes. */
export type MessageEditColumns = Partial<
  Pick<
    MessageRow,
    | ("body" | "place" | "mentions" | "also_mentioned" | "version" | "edited_at" | "metadata")
    | ("link_preview" | "buttons" | "custom_data" | "custom_version")
  >
>;

/** A message's seq, the number of countable messages up to it, and its time (ms since 1970). */
type LogHead = { seq: Position; n: number; at: number };

/** The columns of a head. */
const HEAD = "seq, n, created_at AS at";

/**
 * So many seqs are looked through for messages of the main stream, before what follows is jumped over that is
 * not in it.
 */
const WINDOW = 2 * CHUNK;

/** The stored messages of a conversation, by seq. The caller wraps writes in a transaction. */
export class MessageLog {
  readonly #sql: SqlStorage;
  readonly #mentionIndex: MentionIndex;
  readonly #senders: Senders;
  readonly #recent: RecentRows;
  readonly hides: Hides;
  readonly pins: Pins;
  readonly attachments: Attachments;
  readonly revoked: RevokedMessages;
  /** the newest of the messages that were dated anew as the object started */
  readonly mended: Seq[];
  /** the newest message */
  last: LogHead;
  /** the newest message of the main stream */
  lastInMain: LogHead;
  /** the row of `lastInMain`; undefined: it has changed, or was not read yet */
  #newestInMain: MessageRow | undefined;
  /** the senders of shadowed messages; undefined: to be looked up */
  #shadowed: ReadonlySet<UserId> | undefined;
  readonly #beginning: LogHead;
  /** undefined: to be looked up */
  #newestCounted: NewestCounted | undefined;

  /** the size of a message as readers get it, in bytes */
  readonly renderedBytes: (row: MessageRow) => number;
  /** up to where messages have expired */
  readonly #floor: () => Position;

  /**
   * @param recent the newest rows in memory, which the log keeps as they are stored
   * @param createdAt the time of an empty log: when the conversation was created (ms since 1970)
   * @param renderedBytes the size in bytes of a message as readers get it, with profiles in a merged body
   * @param floor up to where messages have expired; 0: none has
   */
  constructor(
    sql: SqlStorage,
    recent: RecentRows,
    createdAt: number,
    renderedBytes: (row: MessageRow) => number,
    floor: () => Position,
  ) {
    this.#sql = sql;
    this.#mentionIndex = new MentionIndex(sql);
    this.#senders = new Senders(sql);
    this.#recent = recent;
    this.hides = new Hides(sql, recent);
    this.pins = new Pins(sql);
    this.attachments = new Attachments(sql);
    this.revoked = new RevokedMessages(sql);
    this.renderedBytes = renderedBytes;
    this.#floor = floor;
    // A time that cannot be is not that of the first message.
    this.#beginning = { seq: Position.parse(0), n: 0, at: Math.min(createdAt, Date.now()) };
    this.last = this.headAt(null);
    this.mended = mendTimes(sql, this);
    if (this.mended.length > 0) this.last = this.headAt(null);
    this.lastInMain = this.headAt(null, "main");
  }

  /**
   * The newest message up to a seq, as the head of the log at that seq.
   * @param seq null: the whole log
   * @returns seq 0 and the creation's time if there is no message
   */
  headAt(seq: Position | null, scope: Scope = "all"): LogHead {
    const upTo = seq ?? Number.MAX_SAFE_INTEGER;
    if (scope === "main") return this.#headInMain(upTo);
    const query = `SELECT ${HEAD} FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1`;
    return this.#sql.exec<LogHead>(query, upTo).toArray()[0] ?? this.#beginning;
  }

  /** A thread-only reply names the message before it in the main stream: a run of them needs no scan. */
  #headInMain(upTo: number): LogHead {
    const query = `SELECT ${HEAD}, main_before FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1`;
    const [row] = this.#sql.exec<LogHead & Pick<MessageRow, "main_before">>(query, upTo).toArray();
    if (!row) return this.#beginning;
    if (row.main_before !== null) return this.headAt(row.main_before);
    return { seq: row.seq, n: row.n, at: row.at };
  }

  /**
   * Finds by binary search, as `created_at` never decreases with the seq.
   * @returns the seq of the newest message up to a time (ms); 0: there is none
   */
  lastUntil(at: number): Position {
    if (this.last.at <= at) return this.last.seq;
    // Invariant: the message `low` is not after the time, the message `high` is.
    let [low, high]: [number, number] = [0, this.last.seq];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.headAt(Position.parse(middle)).at <= at) low = middle;
      else high = middle;
    }
    return Position.parse(low);
  }

  /**
   * Appends a message.
   * @returns false if its sender has used the client message id before: nothing is stored then
   */
  append(tx: Transaction, row: MessageRow): boolean {
    if (row.mentions !== null) this.#mentionIndex.changed();
    const isStored =
      insertMessage(this.#sql, row) || (this.#freeExpired(row) && insertMessage(this.#sql, row));
    if (!isStored) return false;
    tx.after(() => this.#moveTo(row));
    return true;
  }

  /**
   * Appends messages that follow each other in the main stream, of one time.
   * @returns whether all are stored; if not, or if it throws, some may be: `dropUnfinished` deletes them
   * @see insertMessages
   */
  appendAll(tx: Transaction, rows: readonly MessageRow[]): boolean {
    const [first] = rows;
    if (first && rows.length === 1) return this.append(tx, first);
    if (!insertMessages(this.#sql, rows)) return false;
    tx.after(() => {
      for (const row of rows) this.#moveTo(row);
    });
    return true;
  }

  /** Deletes the messages after the newest: a commit has stored them that did not come to its end. */
  dropUnfinished(): void {
    this.#sql.exec("DELETE FROM messages WHERE seq > ?", this.last.seq);
  }

  /** Appends a system message, which does not count as unread. */
  appendSystemMessage(
    tx: Transaction,
    { event, actor_id, user_ids, seq }: SystemMessage,
    details: SystemMessageDetails,
  ): MessageRow {
    return this.#appendTip(tx, {
      ...{ sender_id: actor_id, client_msg_id: null, metadata: null },
      body: JSON.stringify({ event, actor_id, user_ids, seq }),
      tip: JSON.stringify(details),
    });
  }

  /** Appends a notice by nobody, which does not count as unread. */
  appendNotice(tx: Transaction, { body, clientMsgId, metadata }: NoticeDraft): MessageRow {
    const own = { client_msg_id: clientMsgId ?? null, metadata: metadata || null };
    return this.#appendTip(tx, { ...own, sender_id: NOBODY, body, tip: null });
  }

  #appendTip(
    tx: Transaction,
    own: Pick<MessageRow, "sender_id" | "body" | "tip" | "client_msg_id" | "metadata">,
  ): MessageRow {
    const row: MessageRow = {
      seq: Seq.parse(this.last.seq + 1),
      n: this.last.n,
      kind: "tip",
      ...own,
      quote_seq: null,
      mentions: null,
      also_mentioned: null,
      forwarded: null,
      client_time: null,
      priority: null,
      custom_data: null,
      silent: null,
      ...{ link_preview: null, buttons: null },
      place: null,
      ...NO_THREAD,
      ...{ shadowed: null, poll: null, hook: null },
      created_at: Math.max(Date.now(), this.last.at),
      ...UNCHANGED,
    };
    this.append(tx, row);
    return row;
  }

  /** Makes a stored message the newest. */
  #moveTo(row: MessageRow): void {
    this.#recent.add(row);
    if (row.shadowed !== null) this.#shadowed = undefined;
    if (row.n > this.last.n) this.#newestCounted = { count: row.n, at: row.created_at };
    this.last = { seq: Position.parse(row.seq), n: row.n, at: row.created_at };
    if (row.in_main === 0) return;
    this.lastInMain = this.last;
    this.#newestInMain = row;
  }

  /** The message that a sender stored under a client message id, and that has not expired. */
  byClientId(senderId: UserId, clientMsgId: string): MessageRow | undefined {
    const query = "SELECT * FROM messages WHERE sender_id = ? AND client_msg_id = ? AND seq > ?";
    return this.#sql.exec<MessageRow>(query, senderId, clientMsgId, this.#floor()).toArray()[0];
  }

  /** Frees the client message id of an expired message. @returns whether there was one */
  #freeExpired({ sender_id, client_msg_id }: MessageRow): boolean {
    const free =
      "UPDATE messages SET client_msg_id = NULL WHERE sender_id = ? AND client_msg_id = ? AND seq <= ?";
    return this.#sql.exec(free, sender_id, client_msg_id, this.#floor()).rowsWritten > 0;
  }

  /** A message that has not expired, whether or not a reader may see it. */
  get(seq: Seq): MessageRow | undefined {
    return seq <= this.#floor() ? undefined : this.stored(seq);
  }

  /** The row of a message, of an expired one too. */
  stored(seq: Seq): MessageRow | undefined {
    return this.#sql.exec<MessageRow>("SELECT * FROM messages WHERE seq = ?", seq).toArray()[0];
  }

  /** A message if the reader may see it; a revoked one without its content. */
  visible(seq: Seq, reader: Reader): MessageRow | undefined {
    const query = `SELECT * FROM messages WHERE seq = ? AND ${VISIBLE}`;
    return this.#sql.exec<MessageRow>(query, seq, ...visibleTo(reader)).toArray()[0];
  }

  /** The messages among `seqs` that the reader may see, by seq. One query for any number. */
  visibleOf(seqs: Seq[], reader: Reader): Map<Seq, MessageRow> {
    if (seqs.length === 0) return new Map();
    const query = `SELECT * FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND ${VISIBLE}`;
    const rows = this.#sql.exec<MessageRow>(query, JSON.stringify(seqs), ...visibleTo(reader));
    return new Map(rows.toArray().map((row) => [row.seq, row]));
  }

  /** Messages after a seq that mention the reader, or everybody. @see MentionIndex.of */
  mentionsAfter(reader: Reader, after: Position): Mentioned[] {
    return this.#mentionIndex.of(reader, after);
  }

  /** The newest message of the main stream that the reader may see. */
  newest(reader: Reader): MessageRow | undefined {
    if (this.#isShadowed(reader)) return this.before(this.last.seq + 1, 1, reader, "main").rows[0];
    this.#newestInMain ??= this.lastInMain.seq > 0 ? this.get(Seq.parse(this.lastInMain.seq)) : undefined;
    const row = this.#newestInMain;
    if (!row || this.#recent.isVisible(row, reader)) return row;
    return this.before(row.seq + 1, 1, reader, "main").rows[0];
  }

  /** The newest message of a reader's main stream; for all but shadowed ones, whether they see it or not. */
  lastInMainOf(reader: Reader): LogHead {
    const own = this.#isShadowed(reader) ? this.newest(reader) : undefined;
    if (!own || own.seq <= this.lastInMain.seq) return this.lastInMain;
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

  /** At most `limit` messages after a seq, oldest first, within the bytes of a page, or within `maxBytes`. */
  after(seq: number, limit: number, reader: Reader, scope: Scope, maxBytes?: number): MessageRows {
    if (scope === "main") return this.cut(this.#afterInMain(seq, limit + 1, reader), limit, maxBytes);
    const recent = this.#recent.after(seq, reader);
    if (recent) return this.cut(recent, limit, maxBytes);
    const query = `SELECT * FROM messages WHERE seq > ? AND seq <= ? AND ${VISIBLE} ORDER BY seq LIMIT ?`;
    const bindings = [this.last.seq, ...visibleTo(reader)];
    const found = inChunks<MessageRow>(limit + 1, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.seq ?? seq, ...bindings, count).toArray(),
    );
    return this.cut(found, limit, maxBytes);
  }

  /** All rows after a seq, oldest first; null: some are not in memory, or the reader may not see some. */
  recentAfter(seq: number, reader: Reader): readonly MessageRow[] | null {
    return this.#recent.after(seq, reader);
  }

  /** At most `limit` messages before a seq, newest first, within the bytes of a page. */
  before(seq: number, limit: number, reader: Reader, scope: Scope): MessageRows {
    if (scope === "main") return this.cut(this.#beforeInMain(seq, limit + 1, reader), limit);
    const query = `SELECT * FROM messages WHERE seq < ? AND ${VISIBLE} ORDER BY seq DESC LIMIT ?`;
    const found = inChunks<MessageRow>(limit + 1, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.seq ?? seq, ...visibleTo(reader), count).toArray(),
    );
    return this.cut(found, limit);
  }

  /** At most `limit` messages of the main stream after a seq. A run of thread-only replies is jumped over. */
  *#afterInMain(seq: number, limit: number, reader: Reader): Iterable<MessageRow> {
    if (this.#isShadowed(reader)) {
      yield* this.#ofShadowed({ after: seq, before: this.last.seq + 1 }, "ASC", limit, reader);
      return;
    }
    const query = `SELECT * FROM messages WHERE seq > ? AND seq <= ? AND ${VISIBLE} AND in_main = 1
      ORDER BY seq LIMIT ?`;
    let start: number | undefined = Math.max(seq, reader.visible_from);
    for (let left = limit; left > 0 && start !== undefined && start < this.lastInMain.seq; ) {
      const end: number = Math.min(start + WINDOW, this.lastInMain.seq);
      const count = Math.min(CHUNK, left);
      const bindings = [start, end, ...visibleTo(reader), count];
      const rows: MessageRow[] = this.#sql.exec<MessageRow>(query, ...bindings).toArray();
      yield* rows;
      left -= rows.length;
      const next: number | undefined = rows.length < count ? this.nextInMain(end) : undefined;
      start = rows.length < count ? next && next - 1 : rows.at(-1)?.seq;
    }
  }

  /** The same before a seq, newest first. */
  *#beforeInMain(seq: number, limit: number, reader: Reader): Iterable<MessageRow> {
    if (this.#isShadowed(reader)) {
      yield* this.#ofShadowed({ after: 0, before: seq }, "DESC", limit, reader);
      return;
    }
    const query = `SELECT * FROM messages WHERE seq < ? AND seq >= ? AND ${VISIBLE} AND in_main = 1
      ORDER BY seq DESC LIMIT ?`;
    let end: number = this.#endInMain(seq);
    for (let left = limit; left > 0 && end > reader.visible_from + 1; ) {
      const start: number = Math.max(1, end - WINDOW);
      const count = Math.min(CHUNK, left);
      const bindings = [end, start, ...visibleTo(reader), count];
      const rows: MessageRow[] = this.#sql.exec<MessageRow>(query, ...bindings).toArray();
      yield* rows;
      left -= rows.length;
      end = rows.length < count ? this.#endInMain(start) : (rows.at(-1)?.seq ?? start);
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
  #endInMain(bound: number): number {
    if (bound > this.lastInMain.seq) return this.lastInMain.seq + 1;
    return this.#headInMain(bound - 1).seq + 1;
  }

  /** Takes rows up to `limit` and up to `maxBytes`; the first row is taken even if it is larger. */
  cut(found: Iterable<MessageRow>, limit: number, maxBytes: number = LIMITS.pageBytes): MessageRows {
    const rows: MessageRow[] = [];
    let bytes = 0;
    for (const row of found) {
      bytes += this.renderedBytes(row);
      if (rows.length === limit || (bytes > maxBytes && rows.length > 0)) return { rows, hasMore: true };
      rows.push(row);
    }
    return { rows, hasMore: false };
  }

  /** The number of countable messages up to a seq; null past the last message. */
  countUpTo(seq: Position): number | null {
    if (seq === 0) return 0;
    const query = "SELECT n FROM messages WHERE seq = ?";
    return this.#sql.exec<{ n: number }>(query, seq).toArray()[0]?.n ?? null;
  }

  /**
   * The newest countable message, of all readers. An object that wakes looks it up in steps that double, from
   * the end: one row where the newest message counts, and few behind many system messages.
   */
  get newestCounted(): NewestCounted {
    this.#newestCounted ??= { count: this.last.n, at: this.headAt(this.#seqOf(this.last.n)).at };
    return this.#newestCounted;
  }

  /** The first seq with this number of countable messages, that of the newest one. */
  #seqOf(n: number): Position {
    const isReached = (seq: number) => (this.countUpTo(Position.parse(seq)) ?? n) >= n;
    let found: number = this.last.seq;
    let before = found - 1;
    for (let step = 2; before > 0 && isReached(before); step *= 2) {
      found = before;
      before = Math.max(0, found - step);
    }
    while (found - before > 1) {
      const middle = Math.floor((found + before) / 2);
      if (isReached(middle)) found = middle;
      else before = middle;
    }
    return Position.parse(n === 0 ? 0 : Math.max(0, found));
  }

  /** The number of countable messages of one sender from a seq on. @see Senders */
  countOf(senderId: UserId, from: Seq): number {
    return this.#senders.countOf(senderId, from, this.last.seq);
  }

  /** Revokes a message: removes its content for everybody and stores the change's rev. */
  revoke(tx: Transaction, row: MessageRow, by: UserId, rev: number): void {
    const columns = [
      "quote_seq",
      "mentions",
      "also_mentioned",
      "custom_data",
      "metadata",
      "place",
      "link_preview",
      "buttons",
    ];
    const cleared = [...columns, "pinned_at", "pinned_by"].map((column) => `${column} = NULL`).join();
    const set = `body = ?, ${cleared}, revoked_by = ?, revoked_rev = ?`;
    this.#rowChanges(row.seq);
    this.#sql.exec(`UPDATE messages SET ${set} WHERE seq = ?`, EMPTY_BODY, by, rev, row.seq);
    this.#mentionIndex.changed();
    tx.after(() => this.revoked.add(row));
  }

  /** Messages have expired up to a seq: memory drops its copies. */
  expired(seq: number): void {
    this.#recent.changes(seq);
    this.#newestInMain = undefined;
    this.#mentionIndex.changed();
  }

  /** A stored row is about to change: memory drops its copies. */
  #rowChanges(seq: Seq): void {
    this.#recent.changes(seq);
    if (this.#newestInMain?.seq === seq) this.#newestInMain = undefined;
  }

  /**
   * The seq of the first message of the main stream behind a seq; undefined: there is none. It is looked for
   * in steps that double, then by halves: a run of thread-only replies needs no scan.
   */
  nextInMain(seq: number): Seq | undefined {
    const { seq: last } = this.lastInMain;
    if (seq >= last) return undefined;
    const isReached = (upTo: number) => this.#headInMain(upTo).seq > seq;
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

  /** Stores an edit. A column that is not named keeps its index. */
  edit(seq: Seq, columns: MessageEditColumns): void {
    const set = Object.keys(columns).map((column) => `${column} = ?`);
    this.#sql.exec(`UPDATE messages SET ${set.join(", ")} WHERE seq = ?`, ...Object.values(columns), seq);
    if (columns.mentions !== undefined) this.#mentionIndex.changed();
  }

  /**
   * Stores that messages have changed, in the caller's transaction: each gets the next rev.
   * @param rev the number of the last change before these
   * @returns the number of the last one
   */
  markChanged(seqs: Iterable<Seq>, rev: number): number {
    let last = rev;
    for (const seq of seqs) {
      last++;
      this.#sql.exec("UPDATE messages SET changed_rev = ? WHERE seq = ?", last, seq);
    }
    return last;
  }

  /**
   * Takes changed messages into memory, once their transaction is committed. If they cannot be read, memory
   * drops its copies.
   * @returns their rows
   */
  refresh(seqs: Seq[]): MessageRow[] {
    const query = "SELECT * FROM messages WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY changed_rev";
    let rows: MessageRow[];
    try {
      rows = this.#sql.exec<MessageRow>(query, JSON.stringify(seqs)).toArray();
    } catch (error) {
      for (const seq of seqs) this.#rowChanges(seq);
      throw error;
    }
    for (const row of rows) {
      this.#recent.replace(row);
      if (this.#newestInMain?.seq === row.seq) this.#newestInMain = row;
    }
    return rows;
  }
}
