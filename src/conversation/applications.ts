import type { UserId } from "../core/ids.ts";

/** A wish to join a group; handled ones stay on record. */
export type Application = {
  id: number;
  user_id: UserId;
  message: string;
  created_at: number;
  handled_at: number | null;
  handled_by: UserId | null;
  accepted: number | null;
};

/** Who wants to join a group: one open wish of each at most. Writes are the caller's transaction. */
export class Applications {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes a wish; whoever asks again changes his message. */
  open(userId: UserId, message: string, now: number): void {
    this.#sql.exec(
      `INSERT INTO applications (user_id, message, created_at) VALUES (?, ?, ?)
       ON CONFLICT (user_id) WHERE handled_at IS NULL DO UPDATE SET message = excluded.message`,
      userId,
      message,
      now,
    );
  }

  isOpen(userId: UserId): boolean {
    const query = "SELECT 1 FROM applications WHERE user_id = ? AND handled_at IS NULL";
    return this.#sql.exec(query, userId).toArray().length > 0;
  }

  find(id: number): Application | undefined {
    return this.#sql.exec<Application>("SELECT * FROM applications WHERE id = ?", id).toArray()[0];
  }

  /** Open wishes behind an id, the oldest first. */
  page(after: number, limit: number): Application[] {
    const query = "SELECT * FROM applications WHERE handled_at IS NULL AND id > ? ORDER BY id LIMIT ?";
    return this.#sql.exec<Application>(query, after, limit).toArray();
  }

  /** Takes the wishes of somebody off the record, handled ones too. */
  forget(userId: UserId): void {
    this.#sql.exec("DELETE FROM applications WHERE user_id = ?", userId);
  }

  /** Settles the open wishes of these users. */
  close(userIds: UserId[], by: UserId, accepted: boolean, now: number): void {
    this.#sql.exec(
      `UPDATE applications SET handled_at = ?, handled_by = ?, accepted = ?
       WHERE handled_at IS NULL AND user_id IN (SELECT value FROM json_each(?))`,
      now,
      by,
      accepted ? 1 : 0,
      JSON.stringify(userIds),
    );
  }
}
