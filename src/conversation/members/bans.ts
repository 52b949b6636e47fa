import type { UserId } from "../../domain/ids.ts";

/** The table of bans. `id` orders them. */
export const BANS_TABLE = `
  CREATE TABLE bans (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    banned_by INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;`;

/** A stored ban. Times are in ms since 1970. */
export type BanRow = { id: number; user_id: UserId; reason: string; banned_by: UserId; created_at: number };

/** The users who are banned from a group. The caller wraps writes in a transaction. */
export class Bans {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Stores a ban. Of a user who is banned already only the reason changes. */
  store(userId: UserId, reason: string, bannedBy: UserId, now: number): void {
    this.#sql.exec(
      `INSERT INTO bans (user_id, reason, banned_by, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET reason = excluded.reason`,
      userId,
      reason,
      bannedBy,
      now,
    );
  }

  /** Deletes the ban of a user, if there is one. */
  lift(userId: UserId): void {
    this.#sql.exec("DELETE FROM bans WHERE user_id = ?", userId);
  }

  /** The banned users among these. */
  among(userIds: UserId[]): UserId[] {
    const query = "SELECT user_id FROM bans WHERE user_id IN (SELECT value FROM json_each(?))";
    const rows = this.#sql.exec<Pick<BanRow, "user_id">>(query, JSON.stringify(userIds)).toArray();
    return rows.map(({ user_id }) => user_id);
  }

  /** The ban of a user, if there is one. */
  of(userId: UserId): BanRow[] {
    return this.#sql.exec<BanRow>("SELECT * FROM bans WHERE user_id = ?", userId).toArray();
  }

  get count(): number {
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM bans").one().n;
  }

  /** At most `limit` bans after an id, oldest first. */
  page(after: number, limit: number): BanRow[] {
    const query = "SELECT * FROM bans WHERE id > ? ORDER BY id LIMIT ?";
    return this.#sql.exec<BanRow>(query, after, limit).toArray();
  }
}
