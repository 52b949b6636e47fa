import { NOBODY, type Seq, type UserId } from "../../domain/ids.ts";
import { SUMMARY_USERS, ThreadSummary } from "../../domain/messages/thread.ts";
import { inChunks } from "../../object/row-chunks.ts";
import { VISIBLE, visibleTo } from "../log/filter.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, MessageRows, Reader } from "../log/row.ts";

/** Who follows which thread, and how far they have read it. */
export const THREAD_FOLLOWS_TABLE = `
  CREATE TABLE thread_follows (
    user_id INTEGER NOT NULL,
    root INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    read_n INTEGER NOT NULL,
    PRIMARY KEY (user_id, root)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX thread_follows_root ON thread_follows (root);`;

/** The newest replies that are read for the users of a summary: one user may have written many in a row. */
const MAX_SUMMARIZED = 100;
/** The newest replies among which these are looked for: the others may be revoked. */
const MAX_SCANNED = 1_000;

type LastReply = Pick<MessageRow, "seq" | "sender_id" | "created_at">;

/** The replies of threads, and the summaries of their roots. The caller wraps writes in a transaction. */
export class ThreadLog {
  readonly #sql: SqlStorage;
  readonly #log: MessageLog;

  constructor(sql: SqlStorage, log: MessageLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /** Stores the summary of the root of a new reply. */
  addReply({ seq, sender_id, created_at, thread_n }: MessageRow, root: MessageRow): void {
    const before = root.thread_summary === null ? null : readSummary(root.thread_summary);
    const others = before?.userIds.filter((id) => id !== sender_id) ?? [];
    const summary = {
      count: (before?.count ?? 0) + 1,
      lastSeq: seq,
      lastAt: created_at,
      userIds: usersAmong([sender_id, ...others]),
    };
    this.#storeSummary(root.seq, summary, thread_n);
  }

  /**
   * Takes a reply that is being revoked out of the summary of its root. Where very many newest replies are
   * revoked, the summary has the root in place of the last reply.
   */
  removeReply({ seq, thread_root }: MessageRow): void {
    const root = thread_root === null ? undefined : this.#log.get(thread_root);
    if (!root || root.thread_summary === null) return;
    const { count } = readSummary(root.thread_summary);
    const replies = `SELECT seq, sender_id, created_at, revoked_rev FROM messages
      WHERE thread_root = ? AND seq <> ? AND shadowed IS NULL ORDER BY seq DESC LIMIT ?`;
    const query = `SELECT seq, sender_id, created_at FROM (${replies}) WHERE revoked_rev IS NULL LIMIT ?`;
    const newest = this.#sql.exec<LastReply>(query, root.seq, seq, MAX_SCANNED, MAX_SUMMARIZED).toArray();
    const [last = root] = newest;
    const userIds = usersAmong(newest.map(({ sender_id }) => sender_id));
    const isEmpty = count < 2;
    this.#storeSummary(
      root.seq,
      isEmpty ? null : { count: count - 1, lastSeq: last.seq, lastAt: last.created_at, userIds },
      root.thread_n,
    );
  }

  /** The number of thread-only replies in a thread up to a seq. */
  countUpTo(root: Seq, seq: number): number {
    const query = `SELECT thread_n FROM messages WHERE thread_root = ? AND seq <= ?
      ORDER BY seq DESC LIMIT 1`;
    return this.#sql.exec<{ thread_n: number }>(query, root, seq).toArray()[0]?.thread_n ?? 0;
  }

  /** The seq of the newest reply of a thread; that of the root if there is none. */
  lastSeq(root: Seq): Seq {
    const query = "SELECT seq FROM messages WHERE thread_root = ? ORDER BY seq DESC LIMIT 1";
    return this.#sql.exec<Pick<MessageRow, "seq">>(query, root).toArray()[0]?.seq ?? root;
  }

  /**
   * At most `limit` replies of a thread: behind a seq in rising order, or before one in falling order. They
   * end at the bytes of a page.
   */
  page(root: Seq, bound: { after: number } | { before: number }, limit: number, reader: Reader): MessageRows {
    const [compared, seq, order] = "after" in bound ? [">", bound.after, "ASC"] : ["<", bound.before, "DESC"];
    const query = `SELECT * FROM messages WHERE thread_root = ? AND seq ${compared} ? AND ${VISIBLE}
      ORDER BY seq ${order} LIMIT ?`;
    const found = inChunks<MessageRow>(limit + 1, (count, row) =>
      this.#sql.exec<MessageRow>(query, root, row?.seq ?? seq, ...visibleTo(reader), count).toArray(),
    );
    return this.#log.cut(found, limit);
  }

  #storeSummary(root: Seq, summary: ThreadSummary | null, n: number | null): void {
    const stored = summary && JSON.stringify(summary);
    const set = "UPDATE messages SET thread_summary = ?, thread_n = ? WHERE seq = ?";
    this.#sql.exec(set, stored, n, root);
  }
}

/** The first users among senders: incoming hooks are none. */
function usersAmong(senders: readonly UserId[]): UserId[] {
  return [...new Set(senders)].filter((id) => id !== NOBODY).slice(0, SUMMARY_USERS);
}

/** Parses the column `thread_summary`. */
export function readSummary(stored: string): ThreadSummary {
  return ThreadSummary.parse(JSON.parse(stored));
}
