import { eq, type SQL, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import type { Suspension } from "../../domain/server/server-user.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

/** `suspended_until` of a user who is suspended for ever, and of one who is not suspended. */
export const FOR_EVER = -1;
export const NOT_SUSPENDED = 0;

/** A condition: the user may not sign in at this time (milliseconds). */
export function isSuspended(now: number): SQL {
  return sql`(${users.suspendedUntil} = ${FOR_EVER} OR ${users.suspendedUntil} > ${now})`;
}

/** What the columns of a user say at this time (milliseconds); null: the user is not suspended. */
export function suspensionOf(
  { suspendedUntil, suspensionReason: reason }: { suspendedUntil: number; suspensionReason: string },
  now: number,
): Suspension | null {
  if (suspendedUntil === FOR_EVER) return { until: null, reason };
  return suspendedUntil > now ? { until: suspendedUntil, reason } : null;
}

/** Whether and how a user is suspended; null: they are not, or do not exist. */
export async function findSuspension(db: Database, id: UserId, now: number): Promise<Suspension | null> {
  const columns = { suspendedUntil: users.suspendedUntil, suspensionReason: users.suspensionReason };
  const [found] = await queryD1(db.select(columns).from(users).where(eq(users.id, id)));
  return found ? suspensionOf(found, now) : null;
}
