import { and, desc, eq, gt, isNull, lte } from "drizzle-orm";
import type { SessionId, UserId } from "../core/ids.ts";
import type { Session } from "../core/sessions.ts";
import type { Database } from "./database.ts";
import { fromD1 } from "./outage.ts";
import { sessions } from "./schema.ts";

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

export async function insertSession(db: Database, session: Session): Promise<void> {
  await fromD1(db.insert(sessions).values(session));
}

/** The user's session of this id, if it was not ended and has not expired. One row. */
export async function findLiveSession(
  db: Database,
  { id, userId, now }: { id: SessionId; userId: UserId; now: number },
): Promise<Session | null> {
  const live = and(eq(sessions.id, id), eq(sessions.userId, userId), ...alive(now));
  const [found] = await fromD1(db.select(SESSION).from(sessions).where(live));
  return found ?? null;
}

/** The newest 1,000 live sessions of a user, the newest first. */
export function listLiveSessions(db: Database, userId: UserId, now: number): Promise<Session[]> {
  return fromD1(liveSessions(db, userId, now));
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
  await fromD1(db.update(sessions).set({ endedAt: now }).where(open));
}

/** Notes that a session is in use. */
export async function touchSession(db: Database, id: SessionId, now: number): Promise<void> {
  await fromD1(db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, id)));
}

/** Deletes the sessions, ended or not, whose tokens expired before `now`. */
export async function deleteExpiredSessions(db: Database, now: number): Promise<void> {
  await fromD1(db.delete(sessions).where(lte(sessions.expiresAt, now)));
}

function alive(now: number) {
  return [isNull(sessions.endedAt), gt(sessions.expiresAt, now)];
}
