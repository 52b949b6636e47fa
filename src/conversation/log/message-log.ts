import type { NewestCounted } from "../../domain/conversations/archive.ts";
import { NOBODY, Position, Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { EMPTY_BODY, type SystemMessage } from "../../domain/messages/content.ts";
import type { Mentioned, NoticeDraft } from "../../domain/messages/message.ts";
import type { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import { inChunks } from "../../object/row-chunks.ts";
import type { Archives } from "../archives/archives.ts";
import { mendTimes } from "../state/mended-times.ts";
import type { Transaction } from "../state/transaction.ts";
import { Attachments } from "./attachments.ts";
import { VISIBLE, visibleTo } from "./filter.ts";
import { Hides } from "./hides.ts";
import { insertMessage, insertMessages } from "./insert.ts";
import { MainStream } from "./main-stream.ts";
import { MentionIndex } from "./mention-index.ts";
import { Pins } from "./pins.ts";
import type { RecentRows } from "./recent-rows.ts";
import { RevokedMessages } from "./revoked-messages.ts";
import {
  HEAD,
  type LogHead,
  type MessageRow,
  type MessageRows,
  NO_THREAD,
  type Reader,
  type Scope,
  UNCHANGED,
} from "./row.ts";
import { Senders } from "./senders.ts";

/** The columns that an edit changes. */
export type MessageEditColumns = Partial<
  Pick<
    MessageRow,
    | ("body" | "place" | "mentions" | "also_mentioned" | "role_mentions")
    | ("version" | "edited_at" | "metadata")
    | ("link_preview" | "buttons" | "custom_data" | "custom_version")
  >
>;

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
  /** has the bodies of old messages */
  readonly archives: Archives;
  /** the newest message */
  last: LogHead;
  readonly main: MainStream;
  readonly #beginning: LogHead;
  /** undefined: to be looked up */
  #newestCounted: NewestCounted | undefined;

  /** the size of a message as readers get it, in bytes */
  readonly renderedBytes: (row: MessageRow) => number;
  /** up to where messages have expired */
  readonly #floor: () => Position;

  /**
   * @param archives have the bodies of old messages
   * @param recent the newest rows in memory, which the log keeps as they are stored
   * @param createdAt the time of an empty log: when the conversation was created (ms since 1970)
   * @param renderedBytes the size in bytes of a message as readers get it, with profiles in a merged body
   * @param floor up to where messages have expired; 0: none has
   */
  constructor(
    sql: SqlStorage,
    archives: Archives,
    recent: RecentRows,
    createdAt: number,
    renderedBytes: (row: MessageRow) => number,
    floor: () => Position,
  ) {
    this.#sql = sql;
    this.#mentionIndex = new MentionIndex(sql);
    this.#senders = new Senders(sql);
    this.#recent = recent;
    this.archives = archives;
    this.hides = new Hides(sql, recent);
    this.pins = new Pins(sql, archives.bodies);
    this.attachments = new Attachments(sql);
    this.revoked = new RevokedMessages(sql);
    this.renderedBytes = renderedBytes;
    this.#floor = floor;
    // A time that cannot be is not that of the first message.
    this.#beginning = { seq: Position.parse(0), n: 0, at: Math.min(createdAt, Date.now()) };
    this.last = this.headAt(null);
    this.mended = mendTimes(sql, this);
    if (this.mended.length > 0) this.last = this.headAt(null);
    this.main = new MainStream(sql, recent, this);
  }

  /**
   * The newest message up to a seq, as the head of the log at that seq.
   * @param seq null: the whole log
   * @returns seq 0 and the creation's time if there is no message
   */
  headAt(seq: Position | null): LogHead {
    const query = `SELECT ${HEAD} FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1`;
    return this.#sql.exec<LogHead>(query, seq ?? Number.MAX_SAFE_INTEGER).toArray()[0] ?? this.#beginning;
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
      ...{ also_mentioned: null, role_mentions: null },
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
    if (row.n > this.last.n) this.#newestCounted = { count: row.n, at: row.created_at };
    this.last = { seq: Position.parse(row.seq), n: row.n, at: row.created_at };
    this.main.stored(row);
  }

  /** The message that a sender stored under a client message id, and that has not expired. */
  byClientId(senderId: UserId, clientMsgId: string): MessageRow | undefined {
    const query = "SELECT * FROM messages WHERE sender_id = ? AND client_msg_id = ? AND seq > ?";
    return this.#whole(this.#sql.exec<MessageRow>(query, senderId, clientMsgId, this.#floor()).toArray()[0]);
  }

  /** The same as a seq, if its body may be in an archive; else empty. */
  movedOf(senderId: UserId, clientMsgId: string): Seq[] {
    const query = "SELECT seq FROM messages WHERE sender_id = ? AND client_msg_id = ? AND seq <= ?";
    const found = this.#sql.exec<Pick<MessageRow, "seq">>(query, senderId, clientMsgId, this.archives.upTo);
    return found.toArray().map(({ seq }) => seq);
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
    return this.#whole(this.#sql.exec<MessageRow>("SELECT * FROM messages WHERE seq = ?", seq).toArray()[0]);
  }

  #whole(row: MessageRow | undefined): MessageRow | undefined {
    return row && this.archives.bodies.of(row);
  }

  /** A message if the reader may see it; a revoked one without its content. */
  visible(seq: Seq, reader: Reader): MessageRow | undefined {
    const query = `SELECT * FROM messages WHERE seq = ? AND ${VISIBLE}`;
    return this.#whole(this.#sql.exec<MessageRow>(query, seq, ...visibleTo(reader)).toArray()[0]);
  }

  /** The messages among `seqs` that the reader may see, by seq. One query for any number. */
  visibleOf(seqs: Seq[], reader: Reader): Map<Seq, MessageRow> {
    if (seqs.length === 0) return new Map();
    const query = `SELECT * FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND ${VISIBLE}`;
    const rows = this.#sql.exec<MessageRow>(query, JSON.stringify(seqs), ...visibleTo(reader)).toArray();
    return new Map(this.archives.bodies.all(rows).map((row) => [row.seq, row]));
  }

  /** Has messages loaded, and what they quote, whose bodies are in archives. @returns null: all are here */
  loading(seqs: Seq[]): Promise<unknown> | null {
    if (this.archives.upTo === 0) return null;
    const listed = "(SELECT value FROM json_each(?1))";
    const query = `SELECT seq, body FROM messages WHERE seq IN ${listed}
      OR seq IN (SELECT coalesce(quote_seq, thread_root) FROM messages WHERE seq IN ${listed})`;
    const rows = this.#sql.exec<Pick<MessageRow, "seq" | "body">>(query, JSON.stringify(seqs)).toArray();
    const missing = rows.filter((row) => !this.archives.bodies.known(row)).map(({ seq }) => seq);
    return missing.length === 0 ? null : this.archives.bodies.load(missing).loaded;
  }

  /** Messages after a seq that mention the reader, or everybody. @see MentionIndex.of */
  mentionsAfter(reader: Reader, after: Position): Mentioned[] {
    return this.#mentionIndex.of(reader, after);
  }

  /** @see MentionIndex.namedAfter */
  mentionedAfter(seq: number): UserId[] | "all" {
    return this.#mentionIndex.namedAfter(seq);
  }

  /** At most `limit` messages after a seq, oldest first, within the bytes of a page, or within `maxBytes`. */
  after(seq: number, limit: number, reader: Reader, scope: Scope, maxBytes?: number): MessageRows {
    if (scope === "main") return this.cut(this.main.after(seq, limit + 1, reader), limit, maxBytes);
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
    if (scope === "main") return this.cut(this.main.before(seq, limit + 1, reader), limit);
    const query = `SELECT * FROM messages WHERE seq < ? AND ${VISIBLE} ORDER BY seq DESC LIMIT ?`;
    const found = inChunks<MessageRow>(limit + 1, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.seq ?? seq, ...visibleTo(reader), count).toArray(),
    );
    return this.cut(found, limit);
  }

  /**
   * Takes rows up to `limit` and up to `maxBytes`; the first row is taken even if it is larger.
   * @throws NotLoaded for rows whose bodies are in archives
   */
  cut(found: Iterable<MessageRow>, limit: number, maxBytes: number = LIMITS.pageBytes): MessageRows {
    const { bodies } = this.archives;
    const rows: MessageRow[] = [];
    const missing: Seq[] = [];
    let bytes = 0;
    let hasMore = false;
    for (const stored of found) {
      hasMore = rows.length + missing.length === limit;
      if (hasMore) break;
      const row = bodies.known(stored);
      if (!row) {
        missing.push(stored.seq);
        continue;
      }
      bytes += this.renderedBytes(row);
      hasMore = bytes > maxBytes && rows.length > 0;
      if (hasMore) break;
      rows.push(row);
    }
    if (missing.length > 0) throw bodies.load(missing);
    return { rows, hasMore };
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
      "role_mentions",
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
    this.main.changes(seq);
    this.#mentionIndex.changed();
  }

  /** A stored row is about to change: memory drops its copies. */
  #rowChanges(seq: Seq): void {
    this.#recent.changes(seq);
    this.main.changes(seq);
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
      rows = this.archives.bodies.all(this.#sql.exec<MessageRow>(query, JSON.stringify(seqs)).toArray());
    } catch (error) {
      for (const seq of seqs) this.#rowChanges(seq);
      throw error;
    }
    for (const row of rows) {
      this.#recent.replace(row);
      this.main.replace(row);
    }
    return rows;
  }
}
