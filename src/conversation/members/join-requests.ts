import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { UserId } from "../../domain/ids.ts";
import type { ProjectedRequest } from "../../domain/ports.ts";

/** Matches the requests of which D1 is behind. The index `applications_unlisted` has the same text. */
const IS_UNLISTED = "listed <> (handled_at IS NULL)";

/** The table of join requests: at most one of a user is open. `JoinRequestRow` says what the columns hold. */
export const JOIN_REQUESTS_TABLE = `
  CREATE TABLE applications (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    handled_at INTEGER,
    handled_by INTEGER,
    accepted INTEGER,
    authentication TEXT NOT NULL DEFAULT '',
    told TEXT NOT NULL DEFAULT '[]',
    listed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX applications_open ON applications (user_id) WHERE handled_at IS NULL;
  CREATE INDEX applications_open_order ON applications (id) WHERE handled_at IS NULL;
  CREATE INDEX applications_rejected ON applications (user_id, handled_at) WHERE accepted = 0;
  CREATE INDEX applications_unlisted ON applications (user_id) WHERE ${IS_UNLISTED};
  CREATE INDEX applications_user ON applications (user_id, handled_at);`;

const UserIds = z.array(UserId);

/** A row of a join request. Handled requests stay. Times are in ms since 1970. */
export type JoinRequestRow = {
  id: number;
  user_id: UserId;
  message: string;
  created_at: number;
  /** null: the request is open */
  handled_at: number | null;
  handled_by: UserId | null;
  /** 1: accepted, 0: rejected; null: not decided, as it is open or the user became a member in another way */
  accepted: number | null;
  /** a random secret in the notification, which proves that its receiver knows the request */
  authentication: string;
  /** the ids of the notified users, as JSON */
  told: string;
  /**
   * 1: D1 has this request as open. 2: D1 may have it, with this time or an earlier one: it is being written,
   * or the answer was lost
   */
  listed: number;
};

/** A state of a user's join requests for D1, and the id of the open one. */
interface UnprojectedRequest extends ProjectedRequest {
  openId: number | null;
}

/**
 * The join requests of a group, at most one open request for each user. The caller wraps writes in a
 * transaction.
 */
export class JoinRequests {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Stores a join request. If the user has an open one, only its message changes.
   * @param informed the users who are notified of a new request
   */
  open(userId: UserId, message: string, informed: UserId[], now: number): void {
    this.#sql.exec(
      `INSERT INTO applications (user_id, message, created_at, authentication, told) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (user_id) WHERE handled_at IS NULL DO UPDATE SET message = excluded.message`,
      userId,
      message,
      now,
      randomBytes(16).toString("hex"),
      JSON.stringify(informed),
    );
  }

  /** The open join request of a user. */
  openOf(userId: UserId): JoinRequestRow | undefined {
    const query = "SELECT * FROM applications WHERE user_id = ? AND handled_at IS NULL";
    return this.#sql.exec<JoinRequestRow>(query, userId).toArray()[0];
  }

  /** The newest join request of a user, if they have withdrawn it after a time (ms since 1970). */
  withdrawnSince(userId: UserId, time: number): JoinRequestRow | undefined {
    const query = `SELECT * FROM applications WHERE user_id = ? AND handled_at > ?
      ORDER BY handled_at DESC, id DESC LIMIT 1`;
    const [row] = this.#sql.exec<JoinRequestRow>(query, userId, time).toArray();
    return row?.accepted === null && row.handled_by === userId ? row : undefined;
  }

  /** Opens a withdrawn join request again. */
  reopen(id: number, message: string, now: number): void {
    this.#sql.exec(
      `UPDATE applications SET message = ?, created_at = ?, handled_at = NULL, handled_by = NULL, listed = 2
       WHERE id = ?`,
      ...[message, now, id],
    );
  }

  /** Whether D1 lacks a change of which join requests are open. */
  get hasUnprojected(): boolean {
    return this.#sql.exec(`SELECT 1 FROM applications WHERE ${IS_UNLISTED} LIMIT 1`).toArray().length > 0;
  }

  /**
   * Takes what D1 lacks, of `limit` users at most, under a new version: of two writes D1 keeps the one that
   * was taken later.
   */
  unprojected(limit: number): UnprojectedRequest[] {
    const query = `SELECT DISTINCT user_id FROM applications WHERE ${IS_UNLISTED} LIMIT ?`;
    const rows = this.#sql.exec<Pick<JoinRequestRow, "user_id">>(query, limit).toArray();
    if (rows.length === 0) return [];
    const raise = "UPDATE conversation SET request_version = request_version + 1 RETURNING request_version";
    const { request_version: version } = this.#sql.exec<{ request_version: number }>(raise).one();
    return rows.map(({ user_id: userId }) => {
      const open = this.openOf(userId);
      if (open && open.listed !== 2)
        this.#sql.exec("UPDATE applications SET listed = 2 WHERE id = ?", open.id);
      return { userId, requestedAt: open?.created_at ?? null, version, openId: open?.id ?? null };
    });
  }

  /** Records what D1 has now. One that was opened again during the write stays to be written. */
  projected(requests: UnprojectedRequest[]): void {
    for (const { userId, openId, requestedAt } of requests) {
      this.#sql.exec(
        `UPDATE applications SET listed = (id IS ?1)
         WHERE user_id = ?2 AND listed <> (id IS ?1) AND (id IS NOT ?1 OR created_at = ?3)`,
        ...[openId, userId, requestedAt],
      );
    }
  }

  /** When a join request of a user was last rejected (ms since 1970); null: never. */
  rejectedAt(userId: UserId): number | null {
    const query = "SELECT max(handled_at) AS at FROM applications WHERE user_id = ? AND accepted = 0";
    return this.#sql.exec<{ at: number | null }>(query, userId).one().at;
  }

  /** A join request by its id, open or handled. */
  find(id: number): JoinRequestRow | undefined {
    return this.#sql.exec<JoinRequestRow>("SELECT * FROM applications WHERE id = ?", id).toArray()[0];
  }

  /** At most `limit` open join requests after an id, oldest first. */
  page(after: number, limit: number): JoinRequestRow[] {
    // Without this index SQLite reads handled requests too, or sorts all open ones.
    const query = `SELECT * FROM applications INDEXED BY applications_open_order
      WHERE handled_at IS NULL AND id > ? ORDER BY id LIMIT ?`;
    return this.#sql.exec<JoinRequestRow>(query, after, limit).toArray();
  }

  /**
   * Deletes all join requests of a user, handled ones too.
   * @returns their ids, and the notified users of each
   */
  forget(userId: UserId): { id: number; notified: UserId[] }[] {
    const query = "DELETE FROM applications WHERE user_id = ? RETURNING *";
    const deleted = this.#sql.exec<JoinRequestRow>(query, userId).toArray();
    return deleted.map(({ id, told }) => ({ id, notified: UserIds.parse(JSON.parse(told)) }));
  }

  /** Rejects all open join requests. @returns the users who had one */
  rejectAll(by: UserId, now: number): UserId[] {
    const update = `UPDATE applications SET handled_at = ?, handled_by = ?, accepted = 0
       WHERE handled_at IS NULL RETURNING user_id`;
    return this.#sql
      .exec<Pick<JoinRequestRow, "user_id">>(update, now, by)
      .toArray()
      .map(({ user_id }) => user_id);
  }

  /**
   * Closes the open join requests of these users.
   * @param accepted null: the users became members in another way
   */
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

/**
 * Whether a presented secret is the request's `authentication`. Compares in constant time; an empty one never
 * matches.
 */
export function isAuthentic({ authentication }: JoinRequestRow, presented: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return authentication !== "" && timingSafeEqual(hash(authentication), hash(presented));
}
