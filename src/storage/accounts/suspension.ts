import { type SQL, sql } from "drizzle-orm";
import { users } from "../schema.ts";

/** `suspended_until` of a user who is suspended for ever, and of one who is not suspended. */
export const FOR_EVER = -1;
export const NOT_SUSPENDED = 0;

/** A condition: the user may not sign in at this time (milliseconds). */
export function isSuspended(now: number): SQL {
  return sql`(${users.suspendedUntil} = ${FOR_EVER} OR ${users.suspendedUntil} > ${now})`;
}
