import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { UserId } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { users } from "./schema.ts";

/** The rows of two users, whichever of them stands in which column. */
export function between(one: SQLiteColumn, other: SQLiteColumn, a: UserId, b: UserId): SQL | undefined {
  return or(and(eq(one, a), eq(other, b)), and(eq(one, b), eq(other, a)));
}

/** Whether one of two users blocks the other; each is an id, or what gives one in the statement. */
export function isBlocked(a: unknown, b: unknown): SQL {
  return sql`(EXISTS (SELECT 1 FROM blocks WHERE user_id = ${a} AND blocked_id = ${b})
    OR EXISTS (SELECT 1 FROM blocks WHERE user_id = ${b} AND blocked_id = ${a}))`;
}

/** Whether two users are friends. */
export function areFriends(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM friends WHERE user_id = ${a} AND friend_id = ${b})`;
}

/** Whether a user has an account. */
export function isLive(id: UserId): SQL {
  return sql`EXISTS (SELECT 1 FROM users WHERE id = ${id} AND deleted_at IS NULL)`;
}

/** A row if there is such a user. */
export function existing(db: Database, id: UserId) {
  return db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), isNull(users.deletedAt)));
}
