import { and, desc, eq, gt, isNull, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { FriendPolicy, type User } from "../../domain/accounts/user.ts";
import type { AskOutcome } from "../../domain/contacts/friend-state.ts";
import type { RequestDirection } from "../../domain/contacts/request-direction.ts";
import type { UserId } from "../../domain/ids.ts";
import { USER, userSeenBy } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { friendRejections, friendRequests, friends, users } from "../schema.ts";
import {
  areFriends,
  between,
  deleteContactsBetween,
  existingUsersQuery,
  isBlocked,
  isLive,
  recordRejections,
} from "./pair-conditions.ts";

/** A request for friendship, as one of the two reads it: the other user, and when it was sent (ms). */
export interface FriendRequest {
  user: User;
  createdAt: number;
  /** what the sender says to the other */
  wording: string;
}

/** What a user says to another whom they ask for friendship, and what they will call them. */
export interface FriendWords {
  wording?: string;
  remark?: string;
  /** they answer a request of the other: without one nothing changes */
  answersOnly?: boolean;
}

/** The cursor of a page of requests: the page begins after this request. */
export interface RequestPosition {
  createdAt: number;
  /** the other user */
  otherId: UserId;
}

/** The outcome of a request for friendship, and whether it changed anything. */
type AskResult =
  | { outcome: AskOutcome | "denied" | "blocked" | "unknown" | "unasked"; changed: boolean }
  /** the other user has rejected a request (ms since 1970) that is too recent */
  | { outcome: "rejected"; rejectedAt: number; changed: false };

const RelationRow = z.object({
  policy: FriendPolicy,
  blocked: z.number().transform(Boolean),
  friends: z.number().transform(Boolean),
  rejectedAt: z.number().nullable(),
});

const RequestCount = z.object({ requests: z.int() });

/**
 * Asks for friendship. The two users become friends at once if the other user has asked before, or accepts
 * every request. One batch, and each statement checks the conditions itself: of two users who ask each other
 * at the same time the second agrees, and no request gets past a block, a policy or a rejection.
 * @param createdAt milliseconds
 * @param rejectedAfter a rejection after this time keeps the same user from asking (ms since 1970)
 * @param said see `FriendWords`
 */
export async function askFriendship(
  db: Database,
  fromId: UserId,
  toId: UserId,
  createdAt: number,
  rejectedAfter: number,
  { wording = "", remark = "", answersOnly = false }: FriendWords = {},
): Promise<AskResult> {
  const bothSides = JSON.stringify([
    { user: fromId, friend: toId },
    { user: toId, friend: fromId },
  ]);
  const reachable = sql`u.id = ${toId} AND u.deleted_at IS NULL AND ${isLive(fromId)}
    AND NOT ${isBlocked(fromId, toId)}`;
  const rejectedAt = sql`(SELECT rejected_at FROM friend_rejections
    WHERE user_id = ${toId} AND from_id = ${fromId} AND rejected_at > ${rejectedAfter})`;
  const [befriended, requested, , , [found]] = await queryD1(
    db.batch([
      db
        .insert(friends)
        .select(
          sql`SELECT side.value ->> 'user', side.value ->> 'friend', ${createdAt},
              CASE side.value ->> 'user' WHEN ${fromId} THEN ${remark} ELSE coalesce((
                SELECT remark FROM friend_requests WHERE user_id = ${fromId} AND from_id = ${toId}), '') END, '[]'
            FROM users u, json_each(${bothSides}) side
            WHERE ${reachable} AND (u.friend_policy = 'allow' AND NOT ${answersOnly} OR EXISTS (
              SELECT 1 FROM friend_requests WHERE user_id = ${fromId} AND from_id = ${toId}))`,
        )
        .onConflictDoNothing()
        .returning({ id: friends.userId }),
      db
        .insert(friendRequests)
        .select(
          sql`SELECT u.id, ${fromId}, ${createdAt}, ${wording}, ${remark} FROM users u
            WHERE ${reachable} AND u.friend_policy = 'approve' AND NOT ${answersOnly} AND NOT ${areFriends(fromId, toId)}
              AND ${rejectedAt} IS NULL`,
        )
        .onConflictDoNothing()
        .returning({ id: friendRequests.userId }),
      // Requests between the two are settled once they are friends.
      db
        .delete(friendRequests)
        .where(
          and(between(friendRequests.userId, friendRequests.fromId, fromId, toId), areFriends(fromId, toId)),
        ),
      db
        .delete(friendRejections)
        .where(
          and(
            between(friendRejections.userId, friendRejections.fromId, fromId, toId),
            areFriends(fromId, toId),
          ),
        ),
      db
        .select({
          policy: users.friendPolicy,
          blocked: sql`${isBlocked(fromId, toId)}`.as("blocked"),
          friends: sql`${areFriends(fromId, toId)}`.as("friends"),
          rejectedAt: sql`${rejectedAt}`.as("rejected_at"),
        })
        .from(users)
        .where(and(eq(users.id, toId), isNull(users.deletedAt))),
    ]),
  );
  if (!found) return { outcome: "unknown", changed: false };
  const { policy, blocked, friends: areNowFriends, rejectedAt: refusedAt } = RelationRow.parse(found);
  if (blocked) return { outcome: "blocked", changed: false };
  if (areNowFriends) return { outcome: "friends", changed: befriended.length > 0 };
  if (answersOnly) return { outcome: "unasked", changed: false };
  if (policy === "deny") return { outcome: "denied", changed: false };
  if (refusedAt !== null) return { outcome: "rejected", rejectedAt: refusedAt, changed: false };
  return { outcome: "requested", changed: requested.length > 0 };
}

/** Whether two users are friends, or one of them has asked the other for friendship. */
export async function areInContact(db: Database, userId: UserId, otherId: UserId): Promise<boolean> {
  const asked = db
    .select({ id: friendRequests.fromId })
    .from(friendRequests)
    .where(between(friendRequests.userId, friendRequests.fromId, userId, otherId));
  const befriended = db
    .select({ id: friends.friendId })
    .from(friends)
    .where(and(eq(friends.userId, userId), eq(friends.friendId, otherId)));
  const [requests, friendships] = await queryD1(db.batch([asked, befriended]));
  return requests.length + friendships.length > 0;
}

/**
 * Ends the friendship of two users, and deletes their requests to each other. A deleted request of the other
 * user is recorded as rejected.
 * @param now ms since 1970
 * @returns whether there was a friendship or a request; null if the other user has no account
 */
export async function endFriendship(
  db: Database,
  userId: UserId,
  otherId: UserId,
  now: number,
): Promise<{ ended: boolean } | null> {
  const [, friendships, requests, found] = await queryD1(
    db.batch([
      recordRejections(db, userId, [otherId], now),
      ...deleteContactsBetween(db, userId, [otherId]),
      existingUsersQuery(db, [otherId]),
    ]),
  );
  return found.length > 0 ? { ended: friendships.length + requests.length > 0 } : null;
}

/** Deletes the rejections up to a time (ms since 1970). */
export async function deleteOldRejections(db: Database, until: number): Promise<void> {
  await queryD1(db.delete(friendRejections).where(lte(friendRejections.rejectedAt, until)));
}

/** A user's friends, by rising id: at most `limit` after the id `after`. */
export function listFriends(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<User[]> {
  const ofUser = eq(friends.userId, userId);
  return queryD1(
    db
      .select(USER)
      .from(friends)
      .innerJoin(users, eq(users.id, friends.friendId))
      .where(and(ofUser, after && gt(friends.friendId, after), isNull(users.deletedAt)))
      .orderBy(friends.friendId)
      .limit(limit),
  );
}

/** The users among `ids` who are friends of `userId`. One query. */
export async function findFriendsAmong(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const rows = await queryD1(
    db
      .select({ id: friends.friendId })
      .from(friends)
      .where(and(eq(friends.userId, userId), isAmong(friends.friendId, ids))),
  );
  return rows.map(({ id }) => id);
}

/** The number of open requests that a user has received, counted up to `max`. */
export async function countRequests(db: Database, userId: UserId, max: number): Promise<number> {
  const some = sql`SELECT 1 FROM friend_requests WHERE user_id = ${userId} LIMIT ${max}`;
  return RequestCount.parse(await queryD1(db.get(sql`SELECT count(*) AS requests FROM (${some})`))).requests;
}

/**
 * The open requests that a user has received or sent, newest first: at most `limit` after the cursor `after`.
 */
export async function listRequests(
  db: Database,
  userId: UserId,
  direction: RequestDirection,
  { after, limit }: { after: RequestPosition | undefined; limit: number },
): Promise<FriendRequest[]> {
  const { userId: receiver, fromId: sender, createdAt } = friendRequests;
  const [own, other] = direction === "incoming" ? [receiver, sender] : [sender, receiver];
  const older = after && sql`(${createdAt}, ${other}) < (${after.createdAt}, ${after.otherId})`;
  const rows = await queryD1(
    db
      .select({ ...userSeenBy(userId), createdAt, wording: friendRequests.wording })
      .from(friendRequests)
      .innerJoin(users, eq(users.id, other))
      .where(and(eq(own, userId), older, isNull(users.deletedAt)))
      .orderBy(desc(createdAt), desc(other))
      .limit(limit),
  );
  return rows.map(({ createdAt, wording, ...user }) => ({ user, createdAt, wording }));
}
