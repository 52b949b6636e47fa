import { Position, Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { EMPTY_BODY, type SystemMessage } from "../../domain/messages/content.ts";
import { Forwarded, type Mentioned, type Mentions } from "../../domain/messages/message.ts";
import type { SystemMessageDetails } from "../../domain/messages/system-message.ts";
import type { MessageChange } from "../../domain/sync/replay.ts";
import { MentionIndex } from "./mention-index.ts";
import type { Filter, MessageRow, MessageRows, Order, Reader } from "./row.ts";

/** Where a message stands: its seq, how many countable ones there are up to it, its time. */
type LogHead = { seq: Position; n: number; at: number };

const VISIBLE =
  "seq > ? AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.seq = messages.seq AND user_id = ?)";
/** Those that still say something, of one sender and kind where these are given (else null). */
export const MATCHES_FILTER = `${VISIBLE} AND revoked_rev IS NULL
  AND sender_id = coalesce(?, sender_id) AND kind = coalesce(?, kind)`;

/** The messages of a conversation, in their order. Writes are the caller's transaction. */
export class MessageLog {
  readonly #sql: SqlStorage;
  readonly #mentionIndex: MentionIndex;
  /** the newest message's place, count and time; moved by the group commit once it is durable */
  last: LogHead;
  readonly #beginning: LogHead;

  /** how many bytes a message's body takes as readers get it */
  readonly countAndWeigh: (row: MessageRow) => number;

  constructor(sql: SqlStorage, createdAt: number, weigh: (row: MessageRow) => number) {
    this.#sql = sql;
    this.#mentionIndex = new MentionIndex(sql);
    this.countAndWeigh = weigh;
    this.#beginning = { seq: Position.parse(0), n: 0, at: createdAt };
    this.last = this.countedUpTo(null);
  }

  /** Where a message stands, or the newest; the beginning where there is none. */
  countedUpTo(seq: Position | null): LogHead {
    const query = `SELECT seq, n, created_at AS at FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT 1`;
    return this.#sql.exec<LogHead>(query, seq ?? Number.MAX_SAFE_INTEGER).toArray()[0] ?? this.#beginning;
  }

  /** @returns false if its sender has used this client id already: nothing is stored then */
  insert(row: Omit<MessageRow, "revoked_by" | "revoked_rev">): boolean {
    const inserted = this.#sql.exec(
      `INSERT INTO messages (seq, n, sender_id, kind, body, quote_seq, mentions, client_msg_id, forwarded,
         client_time, priority, custom_data, tip, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (sender_id, client_msg_id) WHERE client_msg_id IS NOT NULL DO NOTHING`,
      row.seq,
      row.n,
      row.sender_id,
      row.kind,
      row.body,
      row.quote_seq,
      row.mentions,
      row.client_msg_id,
      row.forwarded,
      row.client_time,
      row.priority,
      row.custom_data,
      row.tip,
      row.created_at,
    );
    if (row.mentions !== null) this.#mentionIndex.changed();
    return inserted.rowsWritten > 0;
  }

  /** Writes a tip behind the newest message; it counts as none. `last` moves once the transaction is through. */
  insertSystemMessage(
    { event, actor_id, user_ids }: SystemMessage,
    details: SystemMessageDetails,
  ): MessageRow {
    const row = {
      seq: Seq.parse(this.last.seq + 1),
      n: this.last.n,
      sender_id: actor_id,
      kind: "tip" as const,
      body: JSON.stringify({ event, actor_id, user_ids }),
      quote_seq: null,
      mentions: null,
      client_msg_id: null,
      forwarded: null,
      client_time: null,
      priority: null,
      custom_data: null,
      tip: JSON.stringify(details),
      created_at: Math.max(Date.now(), this.last.at),
    };
    this.insert(row);
    return { ...row, revoked_by: null, revoked_rev: null };
  }

  /** The newest message is this one, now that it is stored. */
  moveTo(row: MessageRow): void {
    this.last = { seq: Position.parse(row.seq), n: row.n, at: row.created_at };
  }

  byClientId(senderId: UserId, clientMsgId: string): MessageRow | undefined {
    const query = "SELECT * FROM messages WHERE sender_id = ? AND client_msg_id = ?";
    return this.#sql.exec<MessageRow>(query, senderId, clientMsgId).toArray()[0];
  }

  get(seq: Seq): MessageRow | undefined {
    return this.#sql.exec<MessageRow>("SELECT * FROM messages WHERE seq = ?", seq).toArray()[0];
  }

  /** The message, if this reader may see it. */
  visible(seq: Seq, reader: Reader): MessageRow | undefined {
    const query = `SELECT * FROM messages WHERE seq = ? AND ${VISIBLE}`;
    return this.#sql.exec<MessageRow>(query, seq, reader.visible_from, reader.user_id).toArray()[0];
  }

  /** Those of these messages which the reader may see; any number of them. */
  visibleOf(seqs: Seq[], reader: Reader): Map<Seq, MessageRow> {
    if (seqs.length === 0) return new Map();
    const query = `SELECT * FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND ${VISIBLE}`;
    const rows = this.#sql.exec<MessageRow>(query, JSON.stringify(seqs), reader.visible_from, reader.user_id);
    return new Map(rows.toArray().map((row) => [row.seq, row]));
  }

  /** Messages after a seq that name a reader, or all. @see MentionIndex.of */
  mentionsAfter(reader: Reader, after: Position): Mentioned[] {
    return this.#mentionIndex.of(reader, after);
  }

  /** The newest message which this reader may see. */
  newest(reader: Reader): MessageRow | undefined {
    return this.before(Number.MAX_SAFE_INTEGER, 1, reader).rows[0];
  }

  /** At most `limit` messages after a seq, rising, and no more than a page may hold. */
  after(seq: number, limit: number, reader: Reader): MessageRows {
    const query = `SELECT * FROM messages WHERE seq > ? AND ${VISIBLE} ORDER BY seq LIMIT ?`;
    return this.cut(
      this.#sql.exec<MessageRow>(query, seq, reader.visible_from, reader.user_id, limit + 1),
      limit,
    );
  }

  /** At most `limit` messages before a seq, the newest of them, falling, and no more than a page may hold. */
  before(seq: number, limit: number, reader: Reader): MessageRows {
    const query = `SELECT * FROM messages WHERE seq < ? AND ${VISIBLE} ORDER BY seq DESC LIMIT ?`;
    return this.cut(
      this.#sql.exec<MessageRow>(query, seq, reader.visible_from, reader.user_id, limit + 1),
      limit,
    );
  }

  /** Takes rows up to a number and to a page's bytes, which one message may take alone; one at least. */
  cut(found: Iterable<MessageRow>, limit: number): MessageRows {
    const rows: MessageRow[] = [];
    let bytes = 0;
    for (const row of found) {
      bytes += this.countAndWeigh(row);
      if (rows.length === limit || (bytes > LIMITS.pageBytes && rows.length > 0))
        return { rows, hasMore: true };
      rows.push(row);
    }
    return { rows, hasMore: false };
  }

  /** Messages between two seqs that say something, read as they are taken. */
  between(after: number, before: number, reader: Reader, filter: Filter, order: Order): Iterable<MessageRow> {
    const query = `SELECT * FROM messages WHERE seq > ? AND seq < ? AND ${MATCHES_FILTER} ORDER BY seq ${order}`;
    return this.#sql.exec<MessageRow>(query, after, before, ...matchesFilter(reader, filter));
  }

  /** Those of these messages that say something, read as they are taken. */
  among(seqs: Seq[], reader: Reader, filter: Filter, order: Order): Iterable<MessageRow> {
    const these = "seq IN (SELECT value FROM json_each(?))";
    const query = `SELECT * FROM messages WHERE ${these} AND ${MATCHES_FILTER} ORDER BY seq ${order}`;
    return this.#sql.exec<MessageRow>(query, JSON.stringify(seqs), ...matchesFilter(reader, filter));
  }

  /** At most `limit` messages after a seq, rising, for the index. */
  texts(after: number, limit: number): Iterable<Pick<MessageRow, "seq" | "kind" | "body">> {
    const query = "SELECT seq, kind, body FROM messages WHERE seq > ? ORDER BY seq LIMIT ?";
    return this.#sql.exec<Pick<MessageRow, "seq" | "kind" | "body">>(query, after, limit);
  }

  /** The number of the newest revoke; 0: there was none. */
  lastRevokedRev(): number {
    const query = "SELECT max(revoked_rev) AS rev FROM messages WHERE revoked_rev IS NOT NULL";
    return this.#sql.exec<{ rev: number | null }>(query).one().rev ?? 0;
  }

  /** How many countable messages there are up to a seq; null past the last. */
  countUpTo(seq: Position): number | null {
    if (seq === 0) return 0;
    const query = "SELECT n FROM messages WHERE seq = ?";
    return this.#sql.exec<{ n: number }>(query, seq).toArray()[0]?.n ?? null;
  }

  /** Takes the content out of a message, for everyone. */
  revoke(seq: Seq, by: UserId, rev: number): void {
    const gone = "quote_seq = NULL, mentions = NULL, custom_data = NULL";
    const set = `body = ?, ${gone}, revoked_by = ?, revoked_rev = ?`;
    this.#sql.exec(`UPDATE messages SET ${set} WHERE seq = ?`, EMPTY_BODY, by, rev, seq);
    this.#mentionIndex.changed();
  }

  /** Takes a message out of one member's sight. */
  hide(seq: Seq, userId: UserId, rev: number): void {
    this.#sql.exec("INSERT INTO hidden (seq, user_id, rev) VALUES (?, ?, ?)", seq, userId, rev);
  }

  isHidden(seq: Seq, userId: UserId): boolean {
    const query = "SELECT 1 FROM hidden WHERE seq = ? AND user_id = ?";
    return this.#sql.exec(query, seq, userId).toArray().length > 0;
  }

  /** Who has hidden a message. */
  hiddenBy(seq: Seq): UserId[] {
    const rows = this.#sql
      .exec<{ user_id: UserId }>("SELECT user_id FROM hidden WHERE seq = ?", seq)
      .toArray();
    return rows.map((row) => row.user_id);
  }

  /**
   * Revokes of messages up to `upTo`, and all of this reader's hides, later than `rev`, oldest first; `by` is null for
   * a hide. One of a later message is told too: no page has that message, but a client that asks from further back
   * may show it, and a late ack may bring its place.
   */
  changes(rev: number, upTo: Position, limit: number, reader: Reader): MessageChange[] {
    return this.#sql
      .exec<MessageChange>(
        `SELECT rev, seq, by FROM (
           SELECT revoked_rev AS rev, seq, revoked_by AS by FROM messages INDEXED BY messages_revoked
             WHERE revoked_rev > ? AND seq <= ? AND ${VISIBLE}
           UNION ALL
           SELECT rev, seq, NULL AS by FROM hidden WHERE user_id = ? AND rev > ?
         ) ORDER BY rev LIMIT ?`,
        ...[rev, upTo, reader.visible_from, reader.user_id],
        ...[reader.user_id, rev, limit],
      )
      .toArray();
  }
}

/** What `WANTED` is bound to. */
export function matchesFilter(reader: Reader, { senderId, kind }: Filter): (number | string | null)[] {
  return [reader.visible_from, reader.user_id, senderId ?? null, kind ?? null];
}

/** How `mentions` is stored: nothing, everybody, or a JSON array of ids. */
export function storedMentions(mentions: Mentions): string | null {
  if (mentions === "all") return "all";
  return mentions.length === 0 ? null : JSON.stringify(mentions);
}

export function readForwarded(stored: string): Forwarded {
  return Forwarded.parse(JSON.parse(stored));
}
