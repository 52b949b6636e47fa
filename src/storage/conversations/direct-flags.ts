import { and, eq, or, sql } from "drizzle-orm";
import type { DirectFlags } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { areFriends, isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
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
  const among = sql`(SELECT value FROM json_each(${JSON.stringify(otherIds)}))`;
  const pair = or(
    and(eq(lowUserId, userId), sql`${highUserId} IN ${among}`),
    and(sql`${lowUserId} IN ${among}`, eq(highUserId, userId)),
  );
  const rows = await queryD1(db.select({ id: conversations.id }).from(conversations).where(pair));
  return rows.map(({ id }) => id);
}

/** The current direct permission of the two users of a conversation; null for an unknown conversation. */
export async function findFlags(db: Database, id: ConversationId): Promise<DirectFlags | null> {
  const [found] = await queryD1(flagsQuery(db, id));
  return found ?? null;
}

/** The query behind `findFlags`, for batches. In a group `blocked` and `friends` are false. */
export function flagsQuery(db: Database, id: ConversationId) {
  const pair = [sql`low_user_id`, sql`high_user_id`] as const;
  return db
    .select({
      blocked: isBlocked(...pair)
        .mapWith(Boolean)
        .as("blocked"),
      friends: areFriends(...pair)
        .mapWith(Boolean)
        .as("friends"),
      friendsOnly: conversations.friendsOnly,
    })
    .from(conversations)
    .where(eq(conversations.id, id));
}
