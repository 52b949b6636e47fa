import { and, desc, eq, gt, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { z } from "zod";
import type { Session } from "../../domain/accounts/session.ts";
import { SessionId, type UserId } from "../../domain/ids.ts";
import type { EndedSession } from "../../domain/ports.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { sessions, users } from "../schema.ts";

/** Sessions in one list. More than anybody has devices; a script that signs in each minute has more. */
const LISTED = 1_000;

const SESSION = {
  id: sessions.id,
  userId: sessions.userId,
  userAgent: sessions.userAgent,
  createdAt: sessions.createdAt,
  lastSeenAt: sessions.lastSeenAt,
  expiresAt: sessions.expiresAt,
};

const Inserted = z.object({ id: SessionId });

/**
 * Stores a new session, if its user's password is still the one that was checked.
 * @param checked what it was checked against; absent: no password was
 * @returns false if it was changed meanwhile, or the account deleted: nothing is stored then
 */
export async function insertSession(
  db: Database,
  session: Session,
  checked?: { passwordHash: string | null },
): Promise<boolean> {
  const { id, userId, userAgent, createdAt, lastSeenAt, expiresAt } = session;
  const isPassword = checked ? sql`password_hash IS ${checked.passwordHash}` : sql`true`;
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO sessions (id, user_id, user_agent, created_at, last_seen_at, expires_at)
      SELECT ${id}, id, ${userAgent}, ${createdAt}, ${lastSeenAt}, ${expiresAt} FROM users
      WHERE id = ${userId} AND ${isPassword} AND deleted_at IS NULL RETURNING id`),
  );
  return z.array(Inserted).parse(rows).length > 0;
}

/** The user's session of this id, if it was not ended and has not expired. One row. */
export async function findLiveSession(
  db: Database,
  { id, userId, now }: { id: SessionId; userId: UserId; now: number },
): Promise<Session | null> {
  const components = and(eq(sessions.id, id), eq(sessions.userId, userId), ...alive(now));
  const [found] = await queryD1(db.select(SESSION).from(sessions).where(components));
  return found ?? null;
}

/** The newest 1,000 live sessions of a user, the newest first. */
export function listLiveSessions(db: Database, userId: UserId, now: number): Promise<Session[]> {
  return queryD1(liveSessions(db, userId, now));
}

/** The query behind `listLiveSessions`. */
function liveSessions(db: Database, userId: UserId, now: number) {
  const mine = and(eq(sessions.userId, userId), ...alive(now));
  return db
    .select(SESSION)
    .from(sessions)
    .where(mine)
    .orderBy(desc(sessions.createdAt), sessions.id)
    .limit(LISTED);
}

/** Marks a session ended. It stays on record until its tokens have expired. */
export async function markSessionEnded(db: Database, id: SessionId, now: number): Promise<void> {
  const open = and(eq(sessions.id, id), isNull(sessions.endedAt));
  await queryD1(db.update(sessions).set({ endedAt: now }).where(open));
}

/** The sessions of a user which were ended and whose tokens have not expired yet. */
export function endedSessions(db: Database, userId: UserId, now: number): Promise<EndedSession[]> {
  const ended = and(eq(sessions.userId, userId), isNotNull(sessions.endedAt), gt(sessions.expiresAt, now));
  const session = { sessionId: sessions.id, expiresAt: sessions.expiresAt };
  return queryD1(db.select(session).from(sessions).where(ended));
}

/** Notes that a session is in use. */
export async function touchSession(db: Database, id: SessionId, now: number): Promise<void> {
  await queryD1(db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, id)));
}

/** Notes that a session is used for the first time, and its user has come by it. */
export async function noteLogin(
  db: Database,
  { id, userId }: Pick<Session, "id" | "userId">,
  now: number,
): Promise<void> {
  const used = db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, id));
  const living = and(eq(users.id, userId), isNull(users.deletedAt));
  await queryD1(db.batch([used, db.update(users).set({ loginAt: now }).where(living)]));
}

/** Deletes the sessions, ended or not, whose tokens expired before `now`. */
export async function deleteExpiredSessions(db: Database, now: number): Promise<void> {
  await queryD1(db.delete(sessions).where(lte(sessions.expiresAt, now)));
}

function alive(now: number) {
  return [isNull(sessions.endedAt), gt(sessions.expiresAt, now)];
}
