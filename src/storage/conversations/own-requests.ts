import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { joinMode } from "../../domain/conversations/group-policies.ts";
import type { OwnJoinRequest } from "../../domain/conversations/join-request.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships } from "../schema.ts";

/**
 * A user's own open join requests, newest first: at most `limit` after the cursor `after`. Those to groups
 * that are dissolved are left out.
 */
export function listOwnJoinRequests(
  db: Database,
  userId: UserId,
  { after, limit }: { after: OwnJoinRequest | undefined; limit: number },
): Promise<OwnJoinRequest[]> {
  const { conversationId } = memberships;
  // The type of the column allows null, which the condition leaves out.
  const createdAt = sql<number>`${memberships.requestedAt}`;
  const older =
    after && sql`(${createdAt}, ${conversationId}) < (${after.createdAt}, ${after.conversationId})`;
  const isOpen = and(eq(memberships.userId, userId), isNotNull(memberships.requestedAt));
  return queryD1(
    db
      .select({ conversationId, createdAt: createdAt.as("created_at") })
      .from(memberships)
      .innerJoin(conversations, eq(conversations.id, conversationId))
      .where(and(isOpen, older, isNull(conversations.dissolvedAt)))
      .orderBy(desc(memberships.requestedAt), desc(conversationId))
      .limit(limit),
  );
}

/**
 * Whether a user who joins a group would ask to be let in: it admits by approval, and the user is neither in
 * it nor waits.
 */
export async function mayAskToJoin(db: Database, userId: UserId, id: ConversationId): Promise<boolean> {
  const { policy, joinPolicy } = conversations;
  const { state, requestedAt } = memberships;
  const isOwn = and(eq(memberships.conversationId, id), eq(memberships.userId, userId));
  const [found] = await queryD1(
    db
      .select({ policy, joinPolicy, state, requestedAt })
      .from(conversations)
      .leftJoin(memberships, isOwn)
      .where(eq(conversations.id, id)),
  );
  if (!found || joinMode(found) !== "approval") return false;
  return found.state !== "active" && found.requestedAt === null;
}
