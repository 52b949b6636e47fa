import { and, asc, gte, inArray, isNull, lt, max, min, sql } from "drizzle-orm";
import type { HookId, UserEvent } from "../../domain/server/hook.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { hooks, userEvents } from "../schema.ts";
import { findLiveServerUsers } from "./server-users.ts";

/** The active hooks that are told of users. */
export async function listHooksOfUsers(db: Database): Promise<HookId[]> {
  const isOfUsers = and(inArray(hooks.state, ["active"]), isNull(hooks.conversations));
  return (await queryD1(db.select({ id: hooks.id }).from(hooks).where(isOfUsers))).map(({ id }) => id);
}

/** The number of the last event of users before a time (ms since 1970); 0: there is none. */
export async function lastUserEventBefore(db: Database, time: number): Promise<number> {
  const [[from], [to]] = await queryD1(
    db.batch([
      db
        .select({ seq: min(userEvents.seq) })
        .from(userEvents)
        .where(gte(userEvents.at, time)),
      db.select({ seq: max(userEvents.seq) }).from(userEvents),
    ]),
  );
  const first = from?.seq ?? null;
  return first === null ? (to?.seq ?? 0) : first - 1;
}

/** The events of users behind a number, in their order, with the users as they are now. */
export async function listUserEvents(
  db: Database,
  after: number,
  limit: number,
  now: number,
): Promise<UserEvent[]> {
  const rows = await queryD1(
    db
      .select()
      .from(userEvents)
      .where(sql`${userEvents.seq} > ${after}`)
      .orderBy(asc(userEvents.seq))
      .limit(limit),
  );
  if (rows.length === 0) return [];
  const users = await findLiveServerUsers(db, [...new Set(rows.map(({ userId }) => userId))], now);
  const byId = new Map(users.map((user) => [user.id, user]));
  return rows.map((row) => ({ ...row, user: byId.get(row.userId) ?? null }));
}

/** Deletes what became of users before a time (ms since 1970). */
export async function deleteOldUserEvents(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(userEvents).where(lt(userEvents.at, before)));
}
