import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type Admitted, CONTACT_GROUP } from "../../domain/contacts/consent.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import { friendRejections, friendRequests, friends, users } from "../schema.ts";

/** A condition: the row is of users `a` and `b`, in either order of the two columns. */
export function between(first: SQLiteColumn, second: SQLiteColumn, a: UserId, b: UserId): SQL | undefined {
  return or(and(eq(first, a), eq(second, b)), and(eq(first, b), eq(second, a)));
}

/**
 * A condition: one of two users blocks the other. Each operand is an id, or an SQL expression or column of
 * one.
 */
export function isBlocked(a: unknown, b: unknown): SQL {
  return sql`(${hasBlocked(a, b)} OR ${hasBlocked(b, a)})`;
}

/** A condition: user `a` blocks user `b`. Operands as for `isBlocked`. */
export function hasBlocked(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM blocks WHERE user_id = ${a} AND blocked_id = ${b})`;
}

/** A condition: two users are friends. Operands as for `isBlocked`. */
export function areFriends(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM friends WHERE user_id = ${a} AND friend_id = ${b})`;
}

/** A condition: `bot` is one that `maker` has made. Operands as for `isBlocked`. */
export function isBotOf(bot: unknown, maker: unknown): SQL {
  // The inner names are there as in `haveBothWritten`.
  return sql`EXISTS (SELECT 1 FROM (
      SELECT id AS made_id, maker_id AS made_by FROM users WHERE maker_id IS NOT NULL)
    WHERE made_id = ${bot} AND made_by = ${maker})`;
}

/**
 * A condition: the two users have a direct conversation in which both have written. Operands as for
 * `isBlocked`.
 */
function haveBothWritten(a: unknown, b: unknown): SQL {
  // Drizzle may write the operand `users.id` as `"id"`. The inner names keep it from meaning another column.
  return sql`EXISTS (SELECT 1 FROM (
      SELECT low_user_id AS pair_low, high_user_id AS pair_high FROM conversations WHERE answered = 1)
    WHERE pair_low = min(${a}, ${b}) AND pair_high = max(${a}, ${b}))`;
}

/**
 * A condition: `viewer` is shown whether `other` is online. They are friends, or both have written in their
 * direct conversation, and there is no block between them; or they are the same user. Operands as for
 * `isBlocked`.
 */
export function seesPresence(viewer: unknown, other: unknown): SQL {
  return sql`(${viewer} = ${other} OR (NOT ${isBlocked(viewer, other)}
    AND (${areFriends(viewer, other)} OR ${haveBothWritten(viewer, other)})))`;
}

/** A condition: a conversation has so few members that all are contacts of each other. */
export function hasContactsOnly(conversation: SQL): SQL {
  return sql`(SELECT count(*) FROM (
    SELECT 1 FROM memberships WHERE conversation_id = ${conversation} AND state = 'active'
    LIMIT ${CONTACT_GROUP + 1})) <= ${CONTACT_GROUP}`;
}

/**
 * A condition: user `other` may begin a direct conversation with `user`, or add them to a group, without
 * asking: as `user` has chosen, and their own bots always. `user` must be the `id` of a row of
 * `users`, by that name.
 * @param admitted the column of `users` with whom the user lets do it
 * @param fallback the admitted of users who have set none and are no bots
 */
export function admits(user: SQL, other: unknown, admitted: SQLiteColumn, fallback: Admitted): SQL {
  const sharesGroup = sql`EXISTS (SELECT 1 FROM memberships t
    CROSS JOIN memberships o ON o.conversation_id = t.conversation_id AND o.user_id = ${other}
      AND o.state = 'active'
    CROSS JOIN conversations c ON c.id = t.conversation_id AND c.kind = 'group' AND c.dissolved_at IS NULL
    WHERE t.user_id = ${user} AND t.state = 'active' AND ${hasContactsOnly(sql`c.id`)})`;
  // A bot answers no request.
  return sql`CASE WHEN ${isBotOf(other, user)} THEN 1
    ELSE CASE coalesce(${sql.identifier(admitted.name)}, iif(bot = 1, 'everybody', ${fallback})) WHEN 'everybody' THEN 1
    WHEN 'friends' THEN ${areFriends(user, other)}
    WHEN 'contacts' THEN ${areFriends(user, other)} OR ${sharesGroup} ELSE 0 END END`;
}

/**
 * An expression of the `Relation` of `other` to `viewer`. A block comes first: it ends friendships and
 * requests. Operands as for `isBlocked`.
 */
export function relationTo(viewer: unknown, other: unknown): SQL {
  return sql`CASE WHEN ${hasBlocked(viewer, other)} THEN 'blocked'
    WHEN ${areFriends(viewer, other)} THEN 'friends'
    WHEN ${hasAsked(viewer, other)} THEN 'requested'
    WHEN ${hasAsked(other, viewer)} THEN 'requested_by' ELSE 'none' END`;
}

/** A condition: user `a` has asked user `b` for friendship, who has not decided. */
function hasAsked(a: unknown, b: unknown): SQL {
  return sql`EXISTS (SELECT 1 FROM friend_requests WHERE user_id = ${b} AND from_id = ${a})`;
}

/** A condition: the row is of user `a` and one of `ids`, in either order of the two columns. */
function betweenAny(first: SQLiteColumn, second: SQLiteColumn, a: UserId, ids: UserId[]): SQL | undefined {
  return or(and(eq(first, a), isAmong(second, ids)), and(isAmong(first, ids), eq(second, a)));
}

/**
 * The two statements, for a batch, that delete the friendships between user `a` and `ids`, and the requests
 * between them. Each returns the deleted rows.
 */
export function deleteContactsBetween(db: Database, a: UserId, ids: UserId[]) {
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

/**
 * The statement, for a batch before `deleteContactsBetween`, that records the requests of `ids` to user `a`
 * as rejected.
 * @param now ms since 1970
 */
export function recordRejections(db: Database, a: UserId, ids: UserId[], now: number) {
  return db
    .insert(friendRejections)
    .select(
      sql`SELECT user_id, from_id, ${now} FROM friend_requests
        WHERE user_id = ${a} AND from_id IN (${listed(ids)})`,
    )
    .onConflictDoUpdate({
      target: [friendRejections.userId, friendRejections.fromId],
      set: { rejectedAt: now },
    });
}

/** The other users in the rows that the statements of `deleteContactsBetween` returned, each once. */
export function otherUsersOf(a: UserId, ...rows: { one: UserId; other: UserId }[][]): UserId[] {
  return [...new Set(rows.flat().map(({ one, other }) => (one === a ? other : one)))];
}

/** A condition: the user has an account. */
export function isLive(id: UserId): SQL {
  return sql`EXISTS (SELECT 1 FROM users WHERE id = ${id} AND deleted_at IS NULL)`;
}

/** A condition: all of these users have an account. */
export function allLive(ids: UserId[]): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(ids)}) x LEFT JOIN users ON users.id = x.value
    WHERE users.id IS NULL OR users.deleted_at IS NOT NULL)`;
}

/** A condition: every user of `others`, other than `id` itself, is a friend of `id`. */
export function allFriends(id: UserId, others: UserId[]): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(others)}) x
    WHERE x.value <> ${id} AND NOT ${areFriends(id, sql`x.value`)})`;
}

/** A condition: there is no block between `id` and any user of `others`. */
export function noneBlocked(id: UserId, others: UserId[]): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(others)}) x
    WHERE ${isBlocked(id, sql`x.value`)})`;
}

/** A query, for a batch, of the ids among `ids` that have an account. */
export function existingUsersQuery(db: Database, ids: UserId[]) {
  return db
    .select({ id: users.id })
    .from(users)
    .where(and(isAmong(users.id, ids), isNull(users.deletedAt)));
}
