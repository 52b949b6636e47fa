import { and, eq, or, sql } from "drizzle-orm";
import type { DirectFlags } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { areFriends, isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations } from "../schema.ts";

/** The direct conversation of two users; null if they have none. */
export async function findDirect(db: Database, one: UserId, other: UserId): Promise<ConversationId | null> {
  const [low, high] = one < other ? [one, other] : [other, one];
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const [found] = await queryD1(db.select({ id: conversations.id }).from(conversations).where(pair));
  return found?.id ?? null;
}

/** The direct conversations that a user has with these, which is one with each at most. One query for all. */
export async function findDirects(db: Database, one: UserId, others: UserId[]): Promise<ConversationId[]> {
  const { lowUserId, highUserId } = conversations;
  const among = sql`(SELECT value FROM json_each(${JSON.stringify(others)}))`;
  const pair = or(
    and(eq(lowUserId, one), sql`${highUserId} IN ${among}`),
    and(sql`${lowUserId} IN ${among}`, eq(highUserId, one)),
  );
  const rows = await queryD1(db.select({ id: conversations.id }).from(conversations).where(pair));
  return rows.map(({ id }) => id);
}

/** What decides whether the two of a direct conversation may write, as it is now; null if there is none. */
export async function findFlags(db: Database, id: ConversationId): Promise<DirectFlags | null> {
  const [found] = await queryD1(flagsQuery(db, id));
  return found ?? null;
}

/** The query behind `findFlags`, for batches. A group has none of them. */
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
