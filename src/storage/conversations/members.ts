import { and, eq, sql } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { OwnMembership } from "../../domain/ports.ts";
import { LIST_PREFERENCES } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { memberships } from "../schema.ts";

/** The members of these conversations, in the order of joining. One query. */
export function findMembers(
  db: Database,
  ids: ConversationId[],
): Promise<{ conversationId: ConversationId; userId: UserId }[]> {
  const { conversationId, userId, joinedAt, state } = memberships;
  return queryD1(
    db
      .select({ conversationId, userId })
      .from(memberships)
      .where(and(isAmong(conversationId, ids), eq(state, "active")))
      .orderBy(joinedAt, userId),
  );
}

/** Those of these users who are in a conversation. */
export async function findMembersAmong(
  db: Database,
  id: ConversationId,
  userIds: UserId[],
): Promise<UserId[]> {
  const { conversationId, userId, state } = memberships;
  const areIn = and(eq(conversationId, id), isAmong(userId, userIds), eq(state, "active"));
  const found = await queryD1(db.select({ userId }).from(memberships).where(areIn));
  return found.map((row) => row.userId);
}

/**
 * The conversations where a user is or was a member, or is a known user, by rising id: at most `limit` after
 * the id `after`.
 */
export async function listMemberships(
  db: Database,
  userId: UserId,
  { after, limit }: { after: number; limit: number },
): Promise<OwnMembership[]> {
  const mine = and(eq(memberships.userId, userId), sql`${memberships.conversationId} > ${after}`);
  const { conversationId } = memberships;
  const query = db
    .select({ conversationId, ...LIST_PREFERENCES })
    .from(memberships)
    .where(mine);
  return queryD1(query.orderBy(conversationId).limit(limit));
}
