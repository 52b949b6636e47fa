import { and, count, desc, eq, gt, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { z } from "zod";
import type { Session } from "../../domain/accounts/session.ts";
import { SessionId, type UserId } from "../../domain/ids.ts";
import type { EndedSession } from "../../domain/ports.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { sessions, users } from "../schema.ts";
import { isSuspended } from "./suspension.ts";

/** Sessions in one list. People have fewer devices; a script that signs in each minute has more sessions. */
const MAX_LISTED = 1_000;

const SESSION = {
  id: sessions.id,
  userId: sessions.userId,
  userAgent: sessions.userAgent,
  createdAt: sessions.createdAt,
  lastSeenAt: sessions.lastSeenAt,
  expiresAt: sessions.expiresAt,
};

/** A session to be stored. */
export interface NewSession extends Session {
  /** of its first refresh token; absent: it has none */
  refreshHash?: string | undefined;
  /** whether its user has their role in it */
  carriesRole: boolean;
}

const Inserted = z.object({ id: SessionId });

/**
 * Stores a new session, if the user's password is still the one that was checked, and the user not suspended.
 * @param checked the stored hash that the password was checked against (null: the account has no password);
 *   `any`: whatever it is
 * @param max of the user's live sessions, with this one; absent: any number
 * @returns false if the password was changed, the account deleted or the user suspended meanwhile, or there
 *   are as many sessions: nothing is stored then
 */
export async function insertSession(
  db: Database,
  session: NewSession,
  checked: { passwordHash: string | null } | "any",
  max?: number,
): Promise<boolean> {
  const {
    id,
    userId,
    userAgent,
    createdAt,
    lastSeenAt,
    expiresAt,
    refreshHash = null,
    carriesRole,
  } = session;
  const isUnchanged = checked === "any" ? sql`true` : sql`password_hash IS ${checked.passwordHash}`;
  const hasRoom =
    max === undefined
      ? sql`true`
      : sql`(SELECT count(*) FROM sessions WHERE ${liveOf(userId, createdAt)}) < ${max}`;
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO sessions (id, user_id, user_agent, created_at, last_seen_at, expires_at, refresh_hash,
        carries_role)
      SELECT ${id}, id, ${userAgent}, ${createdAt}, ${lastSeenAt}, ${expiresAt}, ${refreshHash},
        ${Number(carriesRole)} FROM users
      WHERE id = ${userId} AND ${isUnchanged} AND deleted_at IS NULL AND NOT ${isSuspended(createdAt)}
        AND ${hasRoom}
      RETURNING id`),
  );
  return z.array(Inserted).parse(rows).length > 0;
}

/** The user's session of this id; null if it has ended or expired, or is another user's. Reads one row. */
export async function findLiveSession(
  db: Database,
  { id, userId, now }: { id: SessionId; userId: UserId; now: number },
): Promise<Session | null> {
  const isLiveSession = and(eq(sessions.id, id), eq(sessions.userId, userId), ...liveConditions(now));
  const [found] = await queryD1(db.select(SESSION).from(sessions).where(isLiveSession));
  return found ?? null;
}

/** The newest 1,000 live sessions of a user, newest first. */
export function listLiveSessions(db: Database, userId: UserId, now: number): Promise<Session[]> {
  return queryD1(liveSessions(db, userId, now));
}

/** How many live sessions a user has, and when the first of them expires (ms since 1970). */
export async function countLiveSessions(
  db: Database,
  userId: UserId,
  now: number,
): Promise<{ used: number; first: number }> {
  const columns = { used: count(), first: sql<number>`coalesce(min(${sessions.expiresAt}), 0)` };
  const [found] = await queryD1(db.select(columns).from(sessions).where(liveOf(userId, now)));
  return found ?? { used: 0, first: 0 };
}

/** The query behind `listLiveSessions`. */
function liveSessions(db: Database, userId: UserId, now: number) {
  return db
    .select(SESSION)
    .from(sessions)
    .where(liveOf(userId, now))
    .orderBy(desc(sessions.createdAt), sessions.id)
    .limit(MAX_LISTED);
}

/** Marks a session as ended. Its row stays until its tokens have expired. */
export async function markSessionEnded(db: Database, id: SessionId, now: number): Promise<void> {
  const isOpen = and(eq(sessions.id, id), isNull(sessions.endedAt));
  await queryD1(db.update(sessions).set({ endedAt: now }).where(isOpen));
}

/** Ends all sessions of a user. @returns those that this ended */
export function endAllSessions(db: Database, userId: UserId, now: number): Promise<EndedSession[]> {
  return queryD1(endAllQuery(db, userId, now));
}

/** The statement of `endAllSessions`, for a batch. */
export function endAllQuery(db: Database, userId: UserId, now: number) {
  return db
    .update(sessions)
    .set({ endedAt: now })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)))
    .returning({ sessionId: sessions.id, expiresAt: sessions.expiresAt });
}

/** The ended sessions of a user whose tokens have not expired yet. */
export function findEndedSessions(db: Database, userId: UserId, now: number): Promise<EndedSession[]> {
  const isEnded = and(eq(sessions.userId, userId), isNotNull(sessions.endedAt), gt(sessions.expiresAt, now));
  const session = { sessionId: sessions.id, expiresAt: sessions.expiresAt };
  return queryD1(db.select(session).from(sessions).where(isEnded));
}

/** Sets when a session was last used (milliseconds). */
export async function updateLastUse(db: Database, id: SessionId, now: number): Promise<void> {
  await queryD1(db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, id)));
}

/**
 * Records the first use of a session: its time of last use, and the user's time of last login (milliseconds).
 */
export async function recordFirstUse(
  db: Database,
  { id, userId }: Pick<Session, "id" | "userId">,
  now: number,
): Promise<void> {
  const used = db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, id));
  const isLiving = and(eq(users.id, userId), isNull(users.deletedAt));
  await queryD1(db.batch([used, db.update(users).set({ loginAt: now }).where(isLiving)]));
}

/** Deletes the sessions, ended or not, whose tokens have expired at `now` (milliseconds). */
export async function deleteExpiredSessions(db: Database, now: number): Promise<void> {
  await queryD1(db.delete(sessions).where(lte(sessions.expiresAt, now)));
}

/** Matches the live sessions of a user. */
function liveOf(userId: UserId, now: number) {
  return and(eq(sessions.userId, userId), ...liveConditions(now));
}

/** The conditions of a live session: not ended, not expired. */
function liveConditions(now: number) {
  return [isNull(sessions.endedAt), gt(sessions.expiresAt, now)];
}
