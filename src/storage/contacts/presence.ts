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

/** Members who are looked at: of more, so many are a sample. */
const SAMPLE = 1_000;

/** How many of some members are online: of all, or of a sample. */
export interface OnlineShare {
  online: number;
  of: number;
  isSampled: boolean;
}

/**
 * How many members of a conversation are online. Of more than 1,000 a sample is looked at: those who follow a
 * random one, as users who came at the same time have neighbouring ids.
 */
export async function countOnlineMembers(db: Database, id: ConversationId): Promise<OnlineShare> {
  const [all] = await queryD1(onlineAmong(db, id, sql`0`, SAMPLE + 1));
  if (!all || all.of <= SAMPLE) return { online: all?.online ?? 0, of: all?.of ?? 0, isSampled: false };
  const end = (which: "min" | "max") =>
    sql`(SELECT ${sql.raw(which)}(user_id) FROM memberships WHERE conversation_id = ${id})`;
  const from = sql`(SELECT ${end("min")} + abs(random() % (${end("max")} - ${end("min")} + 1)))`;
  const [sample] = await queryD1(onlineAmong(db, id, from, SAMPLE));
  // The first ones, where fewer follow.
  return { ...(sample && sample.of === SAMPLE ? sample : all), isSampled: true };
}

/** How many of the first `limit` members from an id on are online. */
function onlineAmong(db: Database, id: ConversationId, from: SQL, limit: number) {
  const members = db
    .select({ online: users.online })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.conversationId, id),
        eq(memberships.state, "active"),
        sql`${memberships.userId} >= ${from}`,
      ),
    )
    .orderBy(memberships.userId)
    .limit(limit);
  return db.select({ of: count(), online: sql<number>`coalesce(sum(online), 0)` }).from(sql`(${members})`);
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
