import { and, eq, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import type { OwnMembership } from "../../domain/ports.ts";
import { LIST_PREFERENCES } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { memberships } from "../schema.ts";

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
