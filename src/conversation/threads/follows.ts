import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { Transaction } from "../state/transaction.ts";

/** A row of `thread_follows`. */
export type FollowRow = {
  user_id: UserId;
  root: Seq;
  /** the user has read the replies up to this seq */
  read_seq: Position;
  /** the thread-only replies up to it */
  read_n: number;
};

/** A follow, with the newest reply of its thread (or its root) and the unread thread-only replies. */
export type ListedFollow = FollowRow & { last: number; unread: number };

/** A position in the list of the threads that a user follows. */
export interface FollowPosition {
  last: number;
  root: number;
}

const LISTED = `f.user_id, f.root, f.read_seq, f.read_n,
  coalesce(json_extract(r.thread_summary, '$.lastSeq'), f.root) AS last,
  max(0, coalesce(r.thread_n, 0) - f.read_n - (SELECT count(*) FROM revoked_messages x
    WHERE x.thread_root = f.root AND x.seq > f.read_seq)) AS unread
  FROM thread_follows f JOIN messages r ON r.seq = f.root`;

/** Who follows which thread, and how far they have read it. */
export class Follows {
  readonly #sql: SqlStorage;
  readonly #max: number;
  /** the unread replies of the users who were asked for, in all threads that they follow */
  readonly #unread = new Map<UserId, number>();
  /** undefined: not read yet */
  #isUsed: boolean | undefined;

  /** @param max the threads that one user may follow */
  constructor(sql: SqlStorage, max: number) {
    this.#sql = sql;
    this.#max = max;
  }

  /** Whether anybody follows anything. */
  get isUsed(): boolean {
    this.#isUsed ??= this.#sql.exec("SELECT 1 FROM thread_follows LIMIT 1").toArray().length > 0;
    return this.#isUsed;
  }

  /** The number of unread thread-only replies in the threads that a user follows. */
  unreadOf(userId: UserId): number {
    if (!this.isUsed) return 0;
    const known = this.#unread.get(userId);
    if (known !== undefined) return known;
    const query = `SELECT coalesce(sum(unread), 0) AS unread FROM (SELECT ${LISTED} WHERE f.user_id = ?)`;
    const { unread } = this.#sql.exec<{ unread: number }>(query, userId).one();
    this.#unread.set(userId, unread);
    return unread;
  }

  /** Whether a user follows a thread, and how far they have read it. */
  find(userId: UserId, root: Seq): ListedFollow | undefined {
    const query = `SELECT ${LISTED} WHERE f.user_id = ? AND f.root = ?`;
    return this.#sql.exec<ListedFollow>(query, userId, root).toArray()[0];
  }

  /**
   * At most `limit` threads that a user follows behind a position, the newest reply first.
   * @param isUnread only those with unread replies
   */
  page(userId: UserId, after: FollowPosition | undefined, limit: number, isUnread = false): ListedFollow[] {
    const { last, root } = after ?? { last: Number.MAX_SAFE_INTEGER, root: 0 };
    const query = `SELECT * FROM (SELECT ${LISTED} WHERE f.user_id = ?) WHERE (last, root) < (?, ?)
      ${isUnread ? "AND unread > 0" : ""} ORDER BY last DESC, root DESC LIMIT ?`;
    return this.#sql.exec<ListedFollow>(query, userId, last, root, limit).toArray();
  }

  /**
   * Has a user follow a thread. Whoever follows it already keeps their position, if it is not behind the new
   * one. Beyond the limit the follow of the thread with the oldest last reply ends.
   * @param read up to where the user has read it
   */
  follow(tx: Transaction, userId: UserId, root: Seq, read: Pick<FollowRow, "read_seq" | "read_n">): void {
    tx.after(() => this.#changed(userId));
    const { rowsWritten } = this.#sql.exec(
      `UPDATE thread_follows SET read_seq = ?1, read_n = ?2 WHERE user_id = ?3 AND root = ?4 AND read_seq < ?1`,
      ...[read.read_seq, read.read_n, userId, root],
    );
    if (rowsWritten > 0) return;
    const inserted = this.#sql.exec(
      "INSERT OR IGNORE INTO thread_follows (user_id, root, read_seq, read_n) VALUES (?, ?, ?, ?)",
      ...[userId, root, read.read_seq, read.read_n],
    );
    if (inserted.rowsWritten > 0) this.#dropExcess(userId, root);
  }

  /** Ends the follow of a thread. @returns whether there was one */
  unfollow(tx: Transaction, userId: UserId, root: Seq): boolean {
    tx.after(() => this.#changed(userId));
    const where = "user_id = ? AND root = ?";
    return this.#sql.exec(`DELETE FROM thread_follows WHERE ${where}`, userId, root).rowsWritten > 0;
  }

  /** Ends the follows of users, or those of threads whose roots are at or before a seq. */
  end(tx: Transaction, userIds: UserId[], upTo: number = Number.MAX_SAFE_INTEGER): void {
    if (this.#isUsed === false) return;
    tx.after(() => this.#changed(...userIds));
    this.#sql.exec(
      "DELETE FROM thread_follows WHERE user_id IN (SELECT value FROM json_each(?)) AND root <= ?",
      JSON.stringify(userIds),
      upTo,
    );
  }

  /** Ends the follows of all threads whose roots have expired. */
  endOfExpired(tx: Transaction, upTo: Position): void {
    this.#sql.exec("DELETE FROM thread_follows WHERE root <= ?", upTo);
    tx.after(() => {
      this.#unread.clear();
      this.#isUsed = undefined;
    });
  }

  /** The follows of these users have changed. */
  #changed(...userIds: UserId[]): void {
    for (const id of userIds) this.#unread.delete(id);
    if (this.#isUsed === false) this.#isUsed = undefined;
  }

  /** A thread-only reply is stored: it is unread for those who follow the thread, besides its sender. */
  replied(tx: Transaction, root: Seq): void {
    tx.after(() => {
      if (this.#unread.size === 0) return;
      const query = "SELECT user_id FROM thread_follows WHERE root = ?";
      for (const { user_id: id } of this.#sql.exec<Pick<FollowRow, "user_id">>(query, root)) {
        const known = this.#unread.get(id);
        if (known !== undefined) this.#unread.set(id, known + 1);
      }
    });
  }

  /**
   * A thread-only reply is revoked: it is unread no more.
   * @returns the follows of those who had not read it, as they are now
   */
  revoked(tx: Transaction, root: Seq, seq: Seq): ListedFollow[] {
    const query = `SELECT ${LISTED} WHERE f.root = ? AND f.read_seq < ?`;
    const follows = this.#sql.exec<ListedFollow>(query, root, seq).toArray();
    tx.after(() => this.#changed(...follows.map(({ user_id: id }) => id)));
    return follows;
  }

  #dropExcess(userId: UserId, kept: Seq): void {
    const count = "SELECT count(*) AS count FROM thread_follows WHERE user_id = ?";
    if (this.#sql.exec<{ count: number }>(count, userId).one().count <= this.#max) return;
    const oldest = `SELECT root FROM (SELECT ${LISTED} WHERE f.user_id = ?1) WHERE root <> ?2
      ORDER BY last, root LIMIT 1`;
    this.#sql.exec(`DELETE FROM thread_follows WHERE user_id = ?1 AND root = (${oldest})`, userId, kept);
  }
}

/** A follow as the state of its thread. */
export function stateOf({ read_seq, unread }: ListedFollow): ThreadState {
  return { isFollowing: true, readSeq: read_seq, unreadCount: unread };
}
