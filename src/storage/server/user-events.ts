import { and, asc, gte, inArray, isNull, lt, max, min, sql } from "drizzle-orm";
import {
  type HookId,
  REPORT_CREATED,
  type ReportEvent,
  type SpaceEvent,
  SpaceEventType,
  type UserEvent,
  UserEventType,
} from "../../domain/server/hook.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { findReports } from "../moderation/reports.ts";
import { hooks, userEvents } from "../schema.ts";
import { findHookParts } from "./server-spaces.ts";
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

/** The events behind a number, in their order, with what they are about as it is now. */
export async function listUserEvents(
  db: Database,
  after: number,
  limit: number,
  now: number,
): Promise<(UserEvent | ReportEvent | SpaceEvent)[]> {
  const rows = await queryD1(
    db
      .select()
      .from(userEvents)
      .where(sql`${userEvents.seq} > ${after}`)
      .orderBy(asc(userEvents.seq))
      .limit(limit),
  );
  if (rows.length === 0) return [];
  const ofUsers = rows.filter(({ type }) => UserEventType.safeParse(type).success);
  const users = await findLiveServerUsers(db, [...new Set(ofUsers.map(({ userId }) => userId))], now);
  const reports = await findReports(
    db,
    rows.flatMap(({ reportId }) => reportId ?? []),
  );
  const spaceOf = await spaceEvents(db, rows);
  const [userOf, reportOf] = [byId(users), byId(reports)];
  return rows.flatMap((row): (UserEvent | ReportEvent | SpaceEvent)[] => {
    const { seq, type, at, userId, externalId } = row;
    const ofUser = UserEventType.safeParse(type);
    if (ofUser.success)
      return [{ seq, userId, type: ofUser.data, at, externalId, user: userOf.get(userId) ?? null }];
    if (type !== REPORT_CREATED) return spaceOf(row);
    const report = row.reportId === null ? undefined : reportOf.get(row.reportId);
    return report ? [{ seq, type, at, report }] : [];
  });
}

type Row = typeof userEvents.$inferSelect;

/** @returns gives the event of a space that a row is about; none: it is about no space */
async function spaceEvents(db: Database, rows: readonly Row[]): Promise<(row: Row) => SpaceEvent[]> {
  const spaceIds = [...new Set(rows.flatMap(({ spaceId }) => spaceId ?? []))];
  if (spaceIds.length === 0) return () => [];
  const found = await findHookParts(db, {
    spaceIds,
    members: rows.flatMap(({ spaceId, userId }) => (spaceId === null ? [] : { spaceId, userId })),
    roleIds: rows.flatMap(({ roleId }) => roleId ?? []),
  });
  const [spaceOf, roleOf] = [byId(found.spaces), byId(found.roles)];
  return ({ seq, type, at, userId, roleId, externalId, spaceId }) => {
    const space = spaceId === null ? undefined : spaceOf.get(spaceId);
    const ofSpace = SpaceEventType.safeParse(type);
    if (!space || !ofSpace.success) return [];
    const member = found.members.find((one) => one.spaceId === spaceId && one.userId === userId) ?? null;
    const role = roleId === null ? null : (roleOf.get(roleId) ?? null);
    return [{ seq, type: ofSpace.data, at, userId, roleId, externalId, space, member, role }];
  };
}

function byId<Id, Item extends { id: Id }>(items: readonly Item[]): Map<Id, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

/** Deletes what became of users before a time (ms since 1970). */
export async function deleteOldUserEvents(db: Database, before: number): Promise<void> {
  await queryD1(db.delete(userEvents).where(lt(userEvents.at, before)));
}
