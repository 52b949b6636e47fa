import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { UserId } from "../core/ids.ts";
import type { User } from "../core/users.ts";
import { USER } from "./columns.ts";
import type { Database } from "./database.ts";
import { fromD1 } from "./outage.ts";
import { between, existing, isLive } from "./pairs.ts";
import { blocks, friendRequests, friends, users } from "./schema.ts";

/**
 * Blocks a user, and ends friendship and requests between the two, in one batch: whatever races it comes
 * before, and is ended, or after, and finds the block.
 * @returns false if there is no such user
 */
export async function insertBlock(
  db: Database,
  userId: UserId,
  blockedId: UserId,
  createdAt: number,
): Promise<boolean> {
  const [, , , found] = await fromD1(
    db.batch([
      db
        .insert(blocks)
        .select(
          sql`SELECT ${userId}, u.id, ${createdAt} FROM users u WHERE u.id = ${blockedId} AND u.deleted_at IS NULL
            AND ${isLive(userId)}`,
        )
        .onConflictDoNothing(),
      db.delete(friends).where(between(friends.userId, friends.friendId, userId, blockedId)),
      db
        .delete(friendRequests)
        .where(between(friendRequests.userId, friendRequests.fromId, userId, blockedId)),
      existing(db, blockedId),
    ]),
  );
  return found.length > 0;
}

/** Lifts a block, if there is one. @returns false if there is no such user */
export async function deleteBlock(db: Database, userId: UserId, blockedId: UserId): Promise<boolean> {
  const mine = and(eq(blocks.userId, userId), eq(blocks.blockedId, blockedId));
  const [, found] = await fromD1(db.batch([db.delete(blocks).where(mine), existing(db, blockedId)]));
  return found.length > 0;
}

/** Whom a user blocks, by rising id. */
export function listBlocked(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<User[]> {
  const mine = eq(blocks.userId, userId);
  return fromD1(
    db
      .select(USER)
      .from(blocks)
      .innerJoin(users, eq(users.id, blocks.blockedId))
      .where(and(mine, after && gt(blocks.blockedId, after), isNull(users.deletedAt)))
      .orderBy(blocks.blockedId)
      .limit(limit),
  );
}

/** Those of the users between whom and `userId` there is a block, whoever made it; one query for all. */
export async function findBlockedAmong(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const json = JSON.stringify(ids);
  const [mine, theirs] = [
    sql`${blocks.blockedId} IN (SELECT value FROM json_each(${json}))`,
    sql`${blocks.userId} IN (SELECT value FROM json_each(${json}))`,
  ];
  const found = await fromD1(
    db
      .select({ userId: blocks.userId, blockedId: blocks.blockedId })
      .from(blocks)
      .where(or(and(eq(blocks.userId, userId), mine), and(theirs, eq(blocks.blockedId, userId)))),
  );
  return found.map((row) => (row.userId === userId ? row.blockedId : row.userId));
}
