import { lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { strangerLookups } from "../schema.ts";

const DAY_MS = 86_400_000;

const Counted = z.object({ count: z.int() });

/**
 * The number of ids with which a user shares nothing: no conversation that both were ever in or are known in,
 * no friendship, no open request, no block of the user's. Ids that nobody has are among them. One query.
 */
export async function countStrangers(db: Database, caller: UserId, ids: UserId[]): Promise<number> {
  const other = sql`w.value`;
  const rows = await queryD1(
    db.all(sql`SELECT count(*) AS count FROM json_each(${JSON.stringify([...new Set(ids)])}) w
      WHERE ${other} <> ${caller}
        AND NOT EXISTS (SELECT 1 FROM memberships t CROSS JOIN memberships o
          ON o.conversation_id = t.conversation_id AND o.user_id = ${caller} WHERE t.user_id = ${other})
        AND NOT EXISTS (SELECT 1 FROM friends WHERE user_id = ${caller} AND friend_id = ${other})
        AND NOT EXISTS (SELECT 1 FROM friend_requests WHERE user_id = ${caller} AND from_id = ${other})
        AND NOT EXISTS (SELECT 1 FROM friend_requests WHERE user_id = ${other} AND from_id = ${caller})
        AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ${caller} AND blocked_id = ${other})`),
  );
  return z.array(Counted).parse(rows)[0]?.count ?? 0;
}

/**
 * Counts look-ups of strangers by a user on the day of `now` (ms, UTC). One statement, so that concurrent
 * calls cannot exceed the limit.
 * @returns false if they would be more than `max`: nothing is counted then
 */
export async function reserveLookups(
  db: Database,
  caller: UserId,
  count: number,
  { max, now }: { max: number; now: number },
): Promise<boolean> {
  const rows = await queryD1(
    db.all(sql`INSERT INTO stranger_lookups (user_id, day, count) VALUES (${caller}, ${dayOf(now)}, ${count})
      ON CONFLICT (user_id) DO UPDATE SET
        count = iif(day = excluded.day, count, 0) + excluded.count, day = excluded.day
      WHERE iif(day = excluded.day, count, 0) + excluded.count <= ${max} RETURNING count`),
  );
  return z.array(Counted).parse(rows).length > 0;
}

/** Deletes the counts of days before that of `now` (ms). */
export async function deleteOldLookups(db: Database, now: number): Promise<void> {
  await queryD1(db.delete(strangerLookups).where(lt(strangerLookups.day, dayOf(now))));
}

/** The day of a time in ms, counted from 1970 in UTC. */
function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}
