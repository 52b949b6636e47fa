import type { Invitation, InvitationCode } from "../../domain/conversations/invitation.ts";
import type { UserId } from "../../domain/ids.ts";

/** The table of invitations. `id` orders them. */
export const INVITATIONS_TABLE = `
  CREATE TABLE invitations (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    created_by INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0
  ) STRICT;`;

/** A stored invitation. Times are in ms since 1970. */
export type InvitationRow = {
  id: number;
  code: InvitationCode;
  created_by: UserId;
  created_at: number;
  expires_at: number;
  /** null: no limit */
  max_uses: number | null;
  uses: number;
};

const OPEN = "expires_at > ? AND (max_uses IS NULL OR uses < max_uses)";

/**
 * The invitations of a group. A used-up one stays until its end, so that a repeated call of the user whom it
 * let in gets the same answer. The caller wraps writes in a transaction.
 */
export class Invitations {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Stores a new invitation, and deletes those that have expired. */
  store({ code, createdBy, createdAt, expiresAt, maxUses }: Omit<Invitation, "uses">): void {
    this.#sql.exec("DELETE FROM invitations WHERE expires_at <= ?", createdAt);
    this.#sql.exec(
      "INSERT INTO invitations (code, created_by, created_at, expires_at, max_uses) VALUES (?, ?, ?, ?, ?)",
      code,
      createdBy,
      createdAt,
      expiresAt,
      maxUses,
    );
  }

  /** The invitation of a code, unless it has expired. */
  find(code: InvitationCode, now: number): InvitationRow | undefined {
    const query = "SELECT * FROM invitations WHERE code = ? AND expires_at > ?";
    return this.#sql.exec<InvitationRow>(query, code, now).toArray()[0];
  }

  /** Counts a user whom an invitation lets in. */
  use(code: InvitationCode): void {
    this.#sql.exec("UPDATE invitations SET uses = uses + 1 WHERE code = ?", code);
  }

  /** Deletes the invitation of a code, or of a text that is none. @returns whether there was one */
  withdraw(code: string): boolean {
    return this.#sql.exec("DELETE FROM invitations WHERE code = ?", code).rowsWritten > 0;
  }

  /** Deletes the invitations of these users. */
  endOf(userIds: UserId[]): void {
    const query = "DELETE FROM invitations WHERE created_by IN (SELECT value FROM json_each(?))";
    this.#sql.exec(query, JSON.stringify(userIds));
  }

  /** Deletes all invitations. */
  clear(): void {
    this.#sql.exec("DELETE FROM invitations");
  }

  /** The number of open invitations: those that still admit a user. */
  countOpen(now: number): number {
    const query = `SELECT count(*) AS n FROM invitations WHERE ${OPEN}`;
    return this.#sql.exec<{ n: number }>(query, now).one().n;
  }

  /** The open invitations behind an id, oldest first, at most `limit`. */
  page(after: number, limit: number, now: number): InvitationRow[] {
    const query = `SELECT * FROM invitations WHERE id > ? AND ${OPEN} ORDER BY id LIMIT ?`;
    return this.#sql.exec<InvitationRow>(query, after, now, limit).toArray();
  }
}

/** Whether an invitation has let in as many users as it may. */
export function isUsedUp({ max_uses, uses }: InvitationRow): boolean {
  return max_uses !== null && uses >= max_uses;
}
