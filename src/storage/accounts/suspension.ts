import { eq, type SQL, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import type { Suspension } from "../../domain/server/server-user.ts";
import { shownTime } from "../../lib/stored-time.ts";
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

/** A condition: nobody but the user sees what they send at this time (milliseconds). */
export function isShadowed(now: number): SQL {
  const { shadowedUntil } = users;
  // Each side has the condition of the partial index.
  const isPart = sql`${shadowedUntil} <> 0`;
  return sql`(${isPart} AND ${shadowedUntil} = ${FOR_EVER} OR ${isPart} AND ${shadowedUntil} > ${now})`;
}

/** The columns of a suspension. A user is shadowed, or may not sign in, or neither. */
interface SuspensionColumns {
  suspendedUntil: number;
  /** absent: it does not matter */
  shadowedUntil?: number;
  suspensionReason: string;
}

/** What the columns of a user say at this time (milliseconds); null: the user is not suspended. */
export function suspensionOf(
  { suspendedUntil, shadowedUntil = NOT_SUSPENDED, suspensionReason: reason }: SuspensionColumns,
  now: number,
): Suspension | null {
  const shadow = shadowedUntil !== NOT_SUSPENDED;
  const until = shadow ? shadowedUntil : suspendedUntil;
  if (until === FOR_EVER) return { until: null, reason, shadow };
  return until > now ? { until: shownTime(until), reason, shadow } : null;
}

/** Whether and how a user is suspended, or in the shadow; null: neither, or there is no such user. */
export async function findSuspension(db: Database, id: UserId, now: number): Promise<Suspension | null> {
  const { suspendedUntil, shadowedUntil, suspensionReason } = users;
  const columns = { suspendedUntil, shadowedUntil, suspensionReason };
  const [found] = await queryD1(db.select(columns).from(users).where(eq(users.id, id)));
  return found ? suspensionOf(found, now) : null;
}
