import { and, eq, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { DirectRelation } from "../../domain/contacts/relation.ts";
import type { ConversationCode, ConversationId, UserId } from "../../domain/ids.ts";
import { areFriends, hasBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations } from "../schema.ts";

/** The direct conversation of two users, in either order; null if they have none. */
export async function findDirectConversation(
  db: Database,
  userId: UserId,
  otherId: UserId,
): Promise<ConversationId | null> {
  const [low, high] = userId < otherId ? [userId, otherId] : [otherId, userId];
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const [found] = await queryD1(db.select({ id: conversations.id }).from(conversations).where(pair));
  return found?.id ?? null;
}

/** The direct conversations of a user with these users: one each at most. One query. */
export async function findDirectConversations(
  db: Database,
  userId: UserId,
  otherIds: UserId[],
): Promise<ConversationId[]> {
  const { lowUserId, highUserId } = conversations;
  const pair = or(
    and(eq(lowUserId, userId), isAmong(highUserId, otherIds)),
    and(isAmong(lowUserId, otherIds), eq(highUserId, userId)),
  );
  const rows = await queryD1(db.select({ id: conversations.id }).from(conversations).where(pair));
  return rows.map(({ id }) => id);
}

/**
 * The direct conversation of this code, and the other user; null if there is none, or `userId` is not in it.
 */
export async function findDirectByCode(
  db: Database,
  userId: UserId,
  code: ConversationCode,
): Promise<{ id: ConversationId; peerId: UserId } | null> {
  const { id, lowUserId, highUserId } = conversations;
  const isIn = or(eq(lowUserId, userId), eq(highUserId, userId));
  const [found] = await queryD1(
    db
      .select({ id, low: lowUserId, high: highUserId })
      .from(conversations)
      .where(and(eq(conversations.code, code), isIn)),
  );
  if (!found) return null;
  const peerId = found.low === userId ? found.high : found.low;
  return peerId === null ? null : { id: found.id, peerId };
}

const booleanColumn = z.number().transform((value) => value === 1);
const RelationRow = z.object({ friends: booleanColumn, blocking: booleanColumn, blocked: booleanColumn });

/** The current relation of `userId` to another user: friends, blocking, blocked. One query. */
export async function findRelation(db: Database, userId: UserId, otherId: UserId): Promise<DirectRelation> {
  const row = await queryD1(
    db.get(sql`SELECT ${areFriends(userId, otherId)} AS friends, ${hasBlocked(userId, otherId)} AS blocking,
      ${hasBlocked(otherId, userId)} AS blocked`),
  );
  return RelationRow.parse(row);
}
