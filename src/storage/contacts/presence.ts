import { and, count, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { memberships, users } from "../schema.ts";
import { areFriends, isBlocked, isLive } from "./pair-conditions.ts";

/** Stores whether a user has a socket open, as their inbox knows it. */
export async function setOnline(db: Database, id: UserId, online: boolean): Promise<void> {
  await queryD1(
    db
      .update(users)
      .set({ online })
      .where(and(eq(users.id, id), isNull(users.deletedAt))),
  );
}

/** The number of members of a conversation who are online. */
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

/**
 * Up to `limit` members of a conversation who are online. Users who block `seenBy`, or whom `seenBy` blocks,
 * are left out.
 */
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
 * The online contacts of a user, by rising id: at most `limit` after the id `after`. Contacts are friends,
 * and users with whom there is a direct conversation in which both have written. Users with
 * a block in either direction are left out. A deleted user has no contacts.
 */
export async function listOnlineContacts(
  db: Database,
  userId: UserId,
  { after, limit }: { after: number; limit: number },
): Promise<UserId[]> {
  const found = await queryD1(onlineContactsQuery(db, userId, { after, limit }));
  return found.map(({ id }) => id);
}

/** The query behind `listOnlineContacts`, for batches. `isFriend`: whether the contact is a friend. */
export function onlineContactsQuery(
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
        sql`${users.id} IN (${contactsAfter(userId, after)})`,
        eq(users.online, true),
        isNull(users.deletedAt),
        isLive(userId),
        sql`NOT ${isBlocked(userId, users.id)}`,
      ),
    )
    .orderBy(users.id)
    .limit(limit);
}

/**
 * A query of the ids of a user's contacts after an id. The bound is here and not on `users`: there, SQLite
 * would read every user after the id.
 */
function contactsAfter(userId: UserId, after: number): SQL {
  const peer = sql`iif(c.low_user_id = ${userId}, c.high_user_id, c.low_user_id)`;
  return sql`SELECT friend_id FROM friends WHERE user_id = ${userId} AND friend_id > ${after}
    UNION SELECT ${peer} FROM memberships m JOIN conversations c ON c.id = m.conversation_id
      WHERE m.user_id = ${userId} AND c.kind = 'direct' AND c.answered = 1 AND ${peer} > ${after}`;
}
