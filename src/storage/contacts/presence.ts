import { and, count, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { memberships, users } from "../schema.ts";
import { areFriends, isBlocked, isLive } from "./pair-conditions.ts";

/** Projects whether a user has a socket open. */
export async function setOnline(db: Database, id: UserId, online: boolean): Promise<void> {
  await queryD1(
    db
      .update(users)
      .set({ online })
      .where(and(eq(users.id, id), isNull(users.deletedAt))),
  );
}

/** How many members of a conversation are online. */
export async function countOnlineMembers(db: Database, id: ConversationId): Promise<number> {
  const [found] = await queryD1(
    db
      .select({ online: count() })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(
        and(eq(memberships.conversationId, id), eq(memberships.state, "active"), eq(users.online, true)),
      ),
  );
  return found?.online ?? 0;
}

/** Members of a conversation who are online, but for whoever is across a block from `seenBy`; no more than `limit`. */
export async function findOnlineMembers(
  db: Database,
  id: ConversationId,
  { seenBy, limit }: { seenBy: UserId; limit: number },
): Promise<UserId[]> {
  const found = await queryD1(
    db
      .select({ id: users.id })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(
        and(
          eq(memberships.conversationId, id),
          eq(memberships.state, "active"),
          eq(users.online, true),
          sql`NOT ${isBlocked(seenBy, users.id)}`,
        ),
      )
      .limit(limit),
  );
  return found.map((user) => user.id);
}

/**
 * Who of those that have to do with a user is online: his friends, and whom he has a direct conversation with,
 * but nobody across a block; nobody once his account is deleted. At most `limit` behind an id, rising.
 */
export async function listOnlineContacts(
  db: Database,
  userId: UserId,
  { after, limit }: { after: number; limit: number },
): Promise<UserId[]> {
  const found = await queryD1(onlineContacts(db, userId, { after, limit }));
  return found.map(({ id }) => id);
}

/** The query behind `listOnlineContacts`, for batches; it tells the friends among them. */
export function onlineContacts(
  db: Database,
  userId: UserId,
  { after, limit }: { after: number; limit: number },
) {
  return db
    .select({
      id: users.id,
      isFriend: areFriends(userId, users.id).mapWith(Boolean).as("is_friend"),
    })
    .from(users)
    .where(
      and(
        sql`${users.id} IN (${contactsBehind(userId, after)})`,
        eq(users.online, true),
        isNull(users.deletedAt),
        isLive(userId),
        sql`NOT ${isBlocked(userId, users.id)}`,
      ),
    )
    .orderBy(users.id)
    .limit(limit);
}

/** The bound stands here, not on `users`: there it would have all users behind the id read. */
function contactsBehind(userId: UserId, after: number): SQL {
  const peer = sql`iif(c.low_user_id = ${userId}, c.high_user_id, c.low_user_id)`;
  return sql`SELECT friend_id FROM friends WHERE user_id = ${userId} AND friend_id > ${after}
    UNION SELECT ${peer} FROM memberships m JOIN conversations c ON c.id = m.conversation_id
      WHERE m.user_id = ${userId} AND c.kind = 'direct' AND ${peer} > ${after}`;
}
