import type { Seq, UserId } from "../../domain/ids.ts";
import type { RecentRows } from "./recent-rows.ts";
import type { Reader } from "./row.ts";

/** The messages that members have hidden from themselves. The caller wraps writes in a transaction. */
export class Hides {
  readonly #sql: SqlStorage;
  readonly #recent: Pick<RecentRows, "hidden">;

  /** @param recent the newest messages in memory, which are told of each hide */
  constructor(sql: SqlStorage, recent: Pick<RecentRows, "hidden">) {
    this.#sql = sql;
    this.#recent = recent;
  }

  /** Hides a message from one member. */
  add(seq: Seq, userId: UserId, rev: number): void {
    this.#recent.hidden(seq);
    this.#sql.exec("INSERT INTO hidden (seq, user_id, rev) VALUES (?, ?, ?)", seq, userId, rev);
  }

  /** Forgets what a user has hidden, whose account was deleted. */
  forget(userId: UserId): void {
    this.#sql.exec("DELETE FROM hidden WHERE user_id = ?", userId);
  }

  /** Whether a user has hidden a message. */
  has(seq: Seq, userId: UserId): boolean {
    const query = "SELECT 1 FROM hidden WHERE seq = ? AND user_id = ?";
    return this.#sql.exec(query, seq, userId).toArray().length > 0;
  }

  /** The users who have hidden a message. */
  usersOf(seq: Seq): UserId[] {
    const query = "SELECT user_id FROM hidden WHERE seq = ?";
    const rows = this.#sql.exec<{ user_id: UserId }>(query, seq).toArray();
    return rows.map((row) => row.user_id);
  }

  /**
   * At most `limit` hides by a reader after a rev, oldest first. A hide of any message is included: a client
   * that syncs from an earlier position may show it, and a late ack may bring its seq.
   */
  after(rev: number, upToRev: number, limit: number, { user_id }: Reader): { seq: Seq; rev: number }[] {
    const query =
      "SELECT seq, rev FROM hidden WHERE user_id = ? AND rev > ? AND rev <= ? ORDER BY rev LIMIT ?";
    return this.#sql.exec<{ seq: Seq; rev: number }>(query, user_id, rev, upToRev, limit).toArray();
  }
}
