import { and, eq, isNull, sql } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, users } from "../schema.ts";

/**
 * The user of this username, and their direct conversation with `userId` (null: there is none yet); null for
 * an unknown or deleted user. One query.
 */
export async function findPeerName(
  db: Database,
  userId: UserId,
  username: string,
): Promise<{ id: UserId; conversationId: ConversationId | null } | null> {
  const pair = and(
    eq(conversations.lowUserId, sql`min(${users.id}, ${userId})`),
    eq(conversations.highUserId, sql`max(${users.id}, ${userId})`),
  );
  const [found] = await queryD1(
    db
      .select({ id: users.id, conversationId: conversations.id })
      .from(users)
      .leftJoin(conversations, pair)
      .where(and(eq(users.username, username), isNull(users.deletedAt))),
  );
  return found ?? null;
}
