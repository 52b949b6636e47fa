import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { UserId } from "../../domain/ids.ts";
import type { Database } from "../database.ts";
import { friendRequests, friends, users } from "../schema.ts";

/** The rows of two users, whichever of them stands in which column. */
export function between(one: SQLiteColumn, other: SQLiteColumn, a: UserId, b: UserId): SQL | undefined {
  return or(and(eq(one, a), eq(other, b)), and(eq(one, b), eq(other, a)));
}

/** Whether one of two users blocks the other; each is an id, or what gives one in the statement. */
export function isBlocked(a: unknown, b: unknown): SQL {
  return sql`(${hasBlocked(a, b)} OR ${hasBlocked(b, a)})`;
}

/** Whether the first of two users blocks the second. */
export function hasBlocked(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM blocks WHERE user_id = ${a} AND blocked_id = ${b})`;
}

/** Whether two users are friends. */
export function areFriends(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM friends WHERE user_id = ${a} AND friend_id = ${b})`;
}

/** The rows of a user and one of these, whichever of them stands in which column. */
function betweenAny(one: SQLiteColumn, other: SQLiteColumn, a: UserId, ids: UserId[]): SQL | undefined {
  return or(and(eq(one, a), amongIds(other, ids)), and(amongIds(one, ids), eq(other, a)));
}

function amongIds(column: SQLiteColumn, ids: UserId[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
}

/** What ends a user's friendships with these, and what one has asked of the other; each gives the rows that it ended. */
export function endBetween(db: Database, a: UserId, ids: UserId[]) {
  return [
    db
      .delete(friends)
      .where(betweenAny(friends.userId, friends.friendId, a, ids))
      .returning({ one: friends.userId, other: friends.friendId }),
    db
      .delete(friendRequests)
      .where(betweenAny(friendRequests.userId, friendRequests.fromId, a, ids))
      .returning({ one: friendRequests.userId, other: friendRequests.fromId }),
  ] as const;
}

/** Those between whom and a user something ended, by the rows that `endBetween` gave. */
export function endedWith(a: UserId, ...rows: { one: UserId; other: UserId }[][]): UserId[] {
  return [...new Set(rows.flat().map(({ one, other }) => (one === a ? other : one)))];
}

/** Whether a user has an account. */
export function isLive(id: UserId): SQL {
  return sql`EXISTS (SELECT 1 FROM users WHERE id = ${id} AND deleted_at IS NULL)`;
}

/** Whether all of these have an account. */
export function allLive(ids: UserId[]): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(ids)}) x LEFT JOIN users ON users.id = x.value
    WHERE users.id IS NULL OR users.deleted_at IS NOT NULL)`;
}

/** Whether all of these but himself are somebody's friends. */
export function allFriends(id: UserId, others: UserId[]): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(others)}) x
    WHERE x.value <> ${id} AND NOT ${areFriends(id, sql`x.value`)})`;
}

/** Those of these users who have an account. */
export function existing(db: Database, ids: UserId[]) {
  return db
    .select({ id: users.id })
    .from(users)
    .where(and(amongIds(users.id, ids), isNull(users.deletedAt)));
}
