import { and, eq, sql } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { memberships } from "../schema.ts";

/** The members of these conversations, in the order of joining. One query. */
export function findMembers(
  db: Database,
  ids: ConversationId[],
): Promise<{ conversationId: ConversationId; userId: UserId }[]> {
  const { conversationId, userId, joinedAt, state } = memberships;
  const among = sql`${conversationId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(
    db
      .select({ conversationId, userId })
      .from(memberships)
      .where(and(among, eq(state, "active")))
      .orderBy(joinedAt, userId),
  );
}
