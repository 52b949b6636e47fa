import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { FriendPolicy, type User } from "../../domain/accounts/user.ts";
import type { AskOutcome } from "../../domain/contacts/friend-state.ts";
import type { UserId } from "../../domain/ids.ts";
import { USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { friendRequests, friends, users } from "../schema.ts";
import { areFriends, between, endBetween, existing, isBlocked, isLive } from "./pair-conditions.ts";

/** A request for friendship, as the one who is asked sees it. */
export interface FriendRequest {
  user: User;
  createdAt: number;
}

/** Where a page of requests begins: behind this one. */
export interface RequestPosition {
  createdAt: number;
  fromId: UserId;
}

/** What came of asking for friendship, and whether it was not so before. */
interface AskResult {
  outcome: AskOutcome | "denied" | "blocked" | "unknown";
  changed: boolean;
}

const RelationRow = z.object({
  policy: FriendPolicy,
  blocked: z.number().transform(Boolean),
  friends: z.number().transform(Boolean),
});

/**
 * Asks for friendship, or agrees where the other has asked, or lets everybody be his friend. All of it is
 * decided in one batch, each statement by what is true at that moment: of two who ask each other at once
 * the second agrees, and nothing gets past a block or a policy.
 */
export async function askFriendship(
  db: Database,
  fromId: UserId,
  toId: UserId,
  createdAt: number,
): Promise<AskResult> {
  const bothSides = JSON.stringify([
    { user: fromId, friend: toId },
    { user: toId, friend: fromId },
  ]);
  const reachable = sql`u.id = ${toId} AND u.deleted_at IS NULL AND ${isLive(fromId)}
    AND NOT ${isBlocked(fromId, toId)}`;
  const [befriended, requested, , [found]] = await queryD1(
    db.batch([
      db
        .insert(friends)
        .select(
          sql`SELECT side.value ->> 'user', side.value ->> 'friend', ${createdAt}
            FROM users u, json_each(${bothSides}) side
            WHERE ${reachable} AND (u.friend_policy = 'allow' OR EXISTS (
              SELECT 1 FROM friend_requests WHERE user_id = ${fromId} AND from_id = ${toId}))`,
        )
        .onConflictDoNothing()
        .returning({ id: friends.userId }),
      db
        .insert(friendRequests)
        .select(
          sql`SELECT u.id, ${fromId}, ${createdAt} FROM users u
            WHERE ${reachable} AND u.friend_policy = 'approve' AND NOT ${areFriends(fromId, toId)}`,
        )
        .onConflictDoNothing()
        .returning({ id: friendRequests.userId }),
      // Friends have nothing left to ask each other.
      db
        .delete(friendRequests)
        .where(
          and(between(friendRequests.userId, friendRequests.fromId, fromId, toId), areFriends(fromId, toId)),
        ),
      db
        .select({
          policy: users.friendPolicy,
          blocked: sql`${isBlocked(fromId, toId)}`.as("blocked"),
          friends: sql`${areFriends(fromId, toId)}`.as("friends"),
        })
        .from(users)
        .where(and(eq(users.id, toId), isNull(users.deletedAt))),
    ]),
  );
  if (!found) return { outcome: "unknown", changed: false };
  const { policy, blocked, friends: agreed } = RelationRow.parse(found);
  if (blocked) return { outcome: "blocked", changed: false };
  if (agreed) return { outcome: "friends", changed: befriended.length > 0 };
  return { outcome: policy === "deny" ? "denied" : "requested", changed: requested.length > 0 };
}

/**
 * Ends a friendship, and what one has asked of the other.
 * @returns whether there was anything of these; null if there is no such user
 */
export async function endFriendship(
  db: Database,
  userId: UserId,
  otherId: UserId,
): Promise<{ ended: boolean } | null> {
  const [friendships, requests, found] = await queryD1(
    db.batch([...endBetween(db, userId, [otherId]), existing(db, [otherId])]),
  );
  return found.length > 0 ? { ended: friendships.length + requests.length > 0 } : null;
}

/** A user's friends, by rising id. */
export function listFriends(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<User[]> {
  const mine = eq(friends.userId, userId);
  return queryD1(
    db
      .select(USER)
      .from(friends)
      .innerJoin(users, eq(users.id, friends.friendId))
      .where(and(mine, after && gt(friends.friendId, after), isNull(users.deletedAt)))
      .orderBy(friends.friendId)
      .limit(limit),
  );
}

/** Which of these users are somebody's friends; one query whatever their number. */
export async function findFriendsAmong(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const among = sql`${friends.friendId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const rows = await queryD1(
    db
      .select({ id: friends.friendId })
      .from(friends)
      .where(and(eq(friends.userId, userId), among)),
  );
  return rows.map(({ id }) => id);
}

/** What others have asked of a user, the newest first. */
export async function listRequests(
  db: Database,
  userId: UserId,
  { after, limit }: { after: RequestPosition | undefined; limit: number },
): Promise<FriendRequest[]> {
  const mine = eq(friendRequests.userId, userId);
  const older =
    after &&
    sql`(${friendRequests.createdAt}, ${friendRequests.fromId}) < (${after.createdAt}, ${after.fromId})`;
  const rows = await queryD1(
    db
      .select({ ...USER, createdAt: friendRequests.createdAt })
      .from(friendRequests)
      .innerJoin(users, eq(users.id, friendRequests.fromId))
      .where(and(mine, older, isNull(users.deletedAt)))
      .orderBy(desc(friendRequests.createdAt), desc(friendRequests.fromId))
      .limit(limit),
  );
  return rows.map(({ createdAt, ...user }) => ({ user, createdAt }));
}
