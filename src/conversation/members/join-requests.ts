import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { UserId } from "../../domain/ids.ts";

/** Those who were told of a wish, whose inboxes have its words. */
export const INFORMED_USERS = "ALTER TABLE applications ADD COLUMN told TEXT NOT NULL DEFAULT '[]'";

const UserIds = z.array(UserId);

/** A wish to join a group; handled ones stay on record. */
export type JoinRequestRow = {
  id: number;
  user_id: UserId;
  message: string;
  created_at: number;
  handled_at: number | null;
  handled_by: UserId | null;
  /** 1 or 0 as somebody decided; null where nobody has: it is open, or he came in by another way */
  accepted: number | null;
  /** random: who shows it has been told of the wish; `""`: it was noted by a release that told nobody so */
  authentication: string;
  /** the ids of those who were told of it, as JSON */
  told: string;
};

/** Who wants to join a group: one open wish of each at most. Writes are the caller's transaction. */
export class JoinRequests {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes a wish; whoever asks again changes his message. @param told of it, if it is new */
  open(userId: UserId, message: string, told: UserId[], now: number): void {
    this.#sql.exec(
      `INSERT INTO applications (user_id, message, created_at, authentication, told) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (user_id) WHERE handled_at IS NULL DO UPDATE SET message = excluded.message`,
      userId,
      message,
      now,
      randomBytes(16).toString("hex"),
      JSON.stringify(told),
    );
  }

  /** The open wish of a user. */
  openOf(userId: UserId): JoinRequestRow | undefined {
    const query = "SELECT * FROM applications WHERE user_id = ? AND handled_at IS NULL";
    return this.#sql.exec<JoinRequestRow>(query, userId).toArray()[0];
  }

  find(id: number): JoinRequestRow | undefined {
    return this.#sql.exec<JoinRequestRow>("SELECT * FROM applications WHERE id = ?", id).toArray()[0];
  }

  /** Open wishes behind an id, the oldest first. */
  page(after: number, limit: number): JoinRequestRow[] {
    const query = "SELECT * FROM applications WHERE handled_at IS NULL AND id > ? ORDER BY id LIMIT ?";
    return this.#sql.exec<JoinRequestRow>(query, after, limit).toArray();
  }

  /** Takes the wishes of somebody off the record, handled ones too. @returns them, and who was told of each */
  forget(userId: UserId): { id: number; told: UserId[] }[] {
    const query = "DELETE FROM applications WHERE user_id = ? RETURNING *";
    const gone = this.#sql.exec<JoinRequestRow>(query, userId).toArray();
    return gone.map(({ id, told }) => ({ id, told: UserIds.parse(JSON.parse(told)) }));
  }

  /** Settles the open wishes of these users. @param accepted null: they came in by another way */
  close(userIds: UserId[], by: UserId, accepted: boolean | null, now: number): void {
    this.#sql.exec(
      `UPDATE applications SET handled_at = ?, handled_by = ?, accepted = ?
       WHERE handled_at IS NULL AND user_id IN (SELECT value FROM json_each(?))`,
      now,
      by,
      accepted === null ? null : Number(accepted),
      JSON.stringify(userIds),
    );
  }
}

/** Whether somebody has shown what authenticates a wish; in constant time. */
export function isAuthentic({ authentication }: JoinRequestRow, shown: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return authentication !== "" && timingSafeEqual(hash(authentication), hash(shown));
}
