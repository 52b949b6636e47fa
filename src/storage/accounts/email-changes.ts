import { type SQL, sql } from "drizzle-orm";
import type { Timing } from "../../domain/timing.ts";
import { users } from "../schema.ts";

/** How often a user may change their e-mail address. */
export type EmailRule = Timing["emailChanges"];

const isSameDay = (now: number, { dayMs }: EmailRule) => sql`${users.emailDayAt} > ${now - dayMs}`;

/** The condition of an update: the address is the same, or not one too many for this day. */
export function allowsEmail(email: string | undefined, now: number, rule: EmailRule): SQL {
  if (email === undefined) return sql`true`;
  const isOneTooMany = sql`${isSameDay(now, rule)} AND ${users.emailChanges} >= ${rule.max}`;
  return sql`(${users.email} = ${email} OR NOT (${isOneTooMany}))`;
}

/** The columns beside a new e-mail address. Those of the same address stay. */
export function emailColumns(email: string | undefined, now: number, rule: EmailRule) {
  if (email === undefined) return {};
  const isNew = sql`${users.email} <> ${email}`;
  return {
    emailSetAt: sql`iif(${isNew}, ${now}, ${users.emailSetAt})`,
    emailChanges: sql`iif(${isNew}, iif(${isSameDay(now, rule)}, ${users.emailChanges} + 1, 1), ${users.emailChanges})`,
    emailDayAt: sql`iif(${isNew} AND NOT ${isSameDay(now, rule)}, ${now}, ${users.emailDayAt})`,
  };
}
