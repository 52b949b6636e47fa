import { and, eq } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
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
