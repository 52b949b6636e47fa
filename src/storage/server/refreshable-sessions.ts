import { and, eq, gt, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Session } from "../../domain/accounts/session.ts";
import type { User } from "../../domain/accounts/user.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import { USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { sessions, users } from "../schema.ts";

/** A session that a sign-in at an issuer opens, unless that sign-in has opened one. */
export interface IssuerSession extends Session {
  /** what all tokens of the sign-in have in common */
  issuerSession: string;
  refreshHash: string;
  /** whether its user has their role in it */
  carriesRole: boolean;
}

/** The columns of `sessions` that it sets. */
const opened = sqliteTable("sessions", {
  id: text().notNull(),
  userId: integer("user_id").notNull(),
  userAgent: text("user_agent").notNull(),
  createdAt: integer("created_at").notNull(),
  lastSeenAt: integer("last_seen_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  refreshHash: text("refresh_hash").notNull(),
  issuerSession: text("issuer_session").notNull(),
  carriesRole: integer("carries_role", { mode: "boolean" }).notNull(),
});

/**
 * Opens the session of a sign-in at an issuer, or finds the one that it has opened, and lengthens that. Of
 * several at once one opens it.
 * @param now milliseconds
 * @returns null: the account has a password, or was deleted meanwhile
 */
export async function openIssuerSession(
  db: Database,
  { issuerSession, refreshHash, carriesRole, ...session }: IssuerSession,
  now: number,
): Promise<Pick<Session, "id" | "expiresAt"> | null> {
  const { id, userId, userAgent, createdAt, lastSeenAt, expiresAt } = session;
  const isOfSignIn = and(eq(sessions.userId, userId), eq(sessions.issuerSession, issuerSession));
  const isOver = or(isNotNull(sessions.endedAt), lte(sessions.expiresAt, now));
  const [, , found] = await queryD1(
    db.batch([
      // A user who has signed out may sign in again by the same sign-in at the issuer.
      db.update(sessions).set({ issuerSession: null }).where(and(isOfSignIn, isOver)),
      db
        .insert(opened)
        .select(
          sql`SELECT ${id}, id, ${userAgent}, ${createdAt}, ${lastSeenAt}, ${expiresAt}, ${refreshHash},
            ${issuerSession}, ${Number(carriesRole)} FROM users
            WHERE id = ${userId} AND password_hash IS NULL AND deleted_at IS NULL`,
        )
        .onConflictDoNothing(),
      db
        .update(sessions)
        .set({ expiresAt: sql`max(${sessions.expiresAt}, ${expiresAt})` })
        .where(isOfSignIn)
        .returning({ id: sessions.id, expiresAt: sessions.expiresAt }),
    ]),
  );
  return found[0] ?? null;
}

/** A live session that has refresh tokens, with its user. Times are milliseconds. */
export interface RefreshableSession {
  id: SessionId;
  userId: UserId;
  expiresAt: number;
  /** the hash of the token that is valid; null: the session has none */
  refreshHash: string | null;
  /** the hash of the one before, and when that was used */
  formerRefreshHash: string | null;
  refreshedAt: number;
  user: User;
  suspendedUntil: number;
}

/** The session of this id, if it has neither ended nor expired, and its account exists. Reads two rows. */
export async function findRefreshable(
  db: Database,
  id: SessionId,
  now: number,
): Promise<RefreshableSession | null> {
  const isLive = and(eq(sessions.id, id), isNull(sessions.endedAt), gt(sessions.expiresAt, now));
  const [found] = await queryD1(
    db
      .select({
        id: sessions.id,
        userId: sessions.userId,
        expiresAt: sessions.expiresAt,
        refreshHash: sessions.refreshHash,
        formerRefreshHash: sessions.formerRefreshHash,
        refreshedAt: sessions.refreshedAt,
        user: USER,
        suspendedUntil: users.suspendedUntil,
      })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(and(isLive, isNull(users.deletedAt))),
  );
  return found ?? null;
}

/**
 * Replaces the refresh token of a session by the next one.
 * @param used the hash of the token that was shown
 * @returns false: it is no longer the valid one; nothing has changed
 */
export async function rotateRefreshToken(
  db: Database,
  id: SessionId,
  { used, next }: { used: string; next: string },
  now: number,
): Promise<boolean> {
  const isValid = and(eq(sessions.id, id), eq(sessions.refreshHash, used), isNull(sessions.endedAt));
  const rotated = await queryD1(
    db
      .update(sessions)
      .set({ refreshHash: next, formerRefreshHash: used, refreshedAt: now, lastSeenAt: now })
      .where(isValid)
      .returning({ id: sessions.id }),
  );
  return rotated.length > 0;
}
