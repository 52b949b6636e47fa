import { and, asc, gte, inArray, isNull, lt, max, min, sql } from "drizzle-orm";
import { type HookId, REPORT_CREATED, type ReportEvent, type UserEvent } from "../../domain/server/hook.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { findReports } from "../moderation/reports.ts";
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

/** The events behind a number, in their order, with the users and the reports as they are now. */
export async function listUserEvents(
  db: Database,
  after: number,
  limit: number,
  now: number,
): Promise<(UserEvent | ReportEvent)[]> {
  const rows = await queryD1(
    db
      .select()
      .from(userEvents)
      .where(sql`${userEvents.seq} > ${after}`)
      .orderBy(asc(userEvents.seq))
      .limit(limit),
  );
  if (rows.length === 0) return [];
  const ofUsers = rows.filter(({ reportId }) => reportId === null);
  const users = await findLiveServerUsers(db, [...new Set(ofUsers.map(({ userId }) => userId))], now);
  const reports = await findReports(
    db,
    rows.flatMap(({ reportId }) => reportId ?? []),
  );
  const [userOf, reportOf] = [byId(users), byId(reports)];
  return rows.flatMap(({ reportId, type, ...row }): (UserEvent | ReportEvent)[] => {
    if (type !== REPORT_CREATED) return [{ ...row, type, user: userOf.get(row.userId) ?? null }];
    const report = reportId === null ? undefined : reportOf.get(reportId);
    return report ? [{ seq: row.seq, type, at: row.at, report }] : [];
  });
}

function byId<Id, Item extends { id: Id }>(items: readonly Item[]): Map<Id, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

/** Deletes what became of users before a time (ms since 1970). */
export async function deleteOldUserEvents(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(userEvents).where(lt(userEvents.at, before)));
}
