import { lt, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { strangerLookups } from "../schema.ts";
import { hasContactsOnly, isBotOf } from "./pair-conditions.ts";

const DAY_MS = 86_400_000;

const Counted = z.object({ count: z.int() });

const Ids = z.array(z.object({ id: UserId }));

/**
 * What two users may share.
 * - `anything`: a conversation that both were ever in or are known in, a friendship, an open request, a block
 *   of the user's.
 * - `lookup`: the same, but a conversation only as long as the user is in it.
 * - `group`: a conversation that both are in, or a friendship.
 * - `contact`: the same, but of groups those of at most `CONTACT_GROUP` members.
 * - `friendship`
 */
export type Sharing = "anything" | "lookup" | "group" | "contact" | "friendship";

/**
 * Those of these ids with which a user shares nothing. Ids that nobody has are among them; the user's own is
 * not, nor are a bot and its maker to each other. One query.
 */
export async function findStrangers(
  db: Database,
  caller: UserId,
  ids: UserId[],
  sharing: Sharing,
): Promise<UserId[]> {
  const other = sql`w.value`;
  const conversation = (condition: SQL) => sql`AND NOT EXISTS (SELECT 1 FROM memberships t
    CROSS JOIN memberships o ON o.conversation_id = t.conversation_id AND o.user_id = ${caller} ${condition}
    WHERE t.user_id = ${other})`;
  const contact = sql`
    AND NOT EXISTS (SELECT 1 FROM friend_requests WHERE user_id = ${caller} AND from_id = ${other})
    AND NOT EXISTS (SELECT 1 FROM friend_requests WHERE user_id = ${other} AND from_id = ${caller})
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ${caller} AND blocked_id = ${other})`;
  const isIn = sql`AND o.state = 'active'`;
  const without: Record<Sharing, SQL> = {
    anything: sql`${conversation(sql``)} ${contact}`,
    lookup: sql`${conversation(isIn)} ${contact}`,
    group: conversation(sql`${isIn} AND t.state = 'active'`),
    contact: conversation(sql`${isIn} AND t.state = 'active'
      AND ${hasContactsOnly(sql`t.conversation_id`)}`),
    friendship: sql``,
  };
  const rows = await queryD1(
    db.all(sql`SELECT ${other} AS id FROM json_each(${JSON.stringify([...new Set(ids)])}) w
      WHERE ${other} <> ${caller}
        AND NOT ${isBotOf(caller, other)} AND NOT ${isBotOf(other, caller)}
        AND NOT EXISTS (SELECT 1 FROM friends WHERE user_id = ${caller} AND friend_id = ${other})
        ${without[sharing]}`),
  );
  return Ids.parse(rows).map(({ id }) => id);
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
