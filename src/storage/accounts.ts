import { and, eq, exists, isNull, ne, sql } from "drizzle-orm";
import type { SessionId, UserId } from "../core/ids.ts";
import type { EndedSession } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { fromD1 } from "./outage.ts";
import { sessions, users } from "./schema.ts";

/** A new password, and what has to be true for it to be taken. */
export interface PasswordUpdate {
  userId: UserId;
  /** the hash which the current password was checked against */
  checked: string | null;
  /** the hash of the new one; salted, so no other change makes the same */
  next: string;
  /** the session that goes on */
  keep: SessionId;
}

/**
 * Sets a password and ends all other sessions, in one batch: of two who change it at once the second
 * finds another hash than he has checked.
 * @returns the sessions that this ended; null if the password is another one meanwhile
 */
export async function updatePassword(
  db: Database,
  { userId, checked, next, keep }: PasswordUpdate,
  now: number,
): Promise<EndedSession[] | null> {
  const is = (hash: string | null) =>
    and(eq(users.id, userId), sql`${users.passwordHash} IS ${hash}`, isNull(users.deletedAt));
  const taken = db.select({ id: users.id }).from(users).where(is(next));
  const others = and(eq(sessions.userId, userId), ne(sessions.id, keep), isNull(sessions.endedAt));
  const [updated, ended] = await fromD1(
    db.batch([
      db.update(users).set({ passwordHash: next }).where(is(checked)).returning({ id: users.id }),
      db
        .update(sessions)
        .set({ endedAt: now })
        .where(and(others, exists(taken)))
        .returning({ sessionId: sessions.id, expiresAt: sessions.expiresAt }),
    ]),
  );
  return updated.length > 0 ? ended : null;
}
