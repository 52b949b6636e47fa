import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { User } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { blocks, users } from "../schema.ts";
import { endBetween, endedWith, existing, isLive } from "./pair-conditions.ts";

/** What a change of blocks found. */
interface Blocked {
  /** those among them between whom and the user a friendship or a request ended */
  ended: UserId[];
  /** those among them who have no account */
  missing: UserId[];
}

/**
 * Blocks users, and ends friendship and requests between them and who blocks them, in one batch: whatever races it
 * comes before, and is ended, or after, and finds the block.
 */
export async function insertBlocks(
  db: Database,
  userId: UserId,
  ids: UserId[],
  createdAt: number,
): Promise<Blocked> {
  const [, friendships, requests, found] = await queryD1(
    db.batch([
      db
        .insert(blocks)
        .select(
          sql`SELECT ${userId}, u.id, ${createdAt} FROM json_each(${JSON.stringify(ids)}) x
            JOIN users u ON u.id = x.value AND u.deleted_at IS NULL WHERE ${isLive(userId)}`,
        )
        .onConflictDoNothing(),
      ...endBetween(db, userId, ids),
      existing(db, ids),
    ]),
  );
  return { ended: endedWith(userId, friendships, requests), missing: missingOf(ids, found) };
}

/** Lifts blocks, where there are any. @returns those of the users who have no account */
export async function deleteBlocks(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const among = sql`${blocks.blockedId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const mine = and(eq(blocks.userId, userId), among);
  const [, found] = await queryD1(db.batch([db.delete(blocks).where(mine), existing(db, ids)]));
  return missingOf(ids, found);
}

function missingOf(ids: UserId[], found: { id: UserId }[]): UserId[] {
  const there = new Set(found.map(({ id }) => id));
  return ids.filter((id) => !there.has(id));
}

/** The names of all whom a user blocks, by rising id. */
export async function findBlockedNames(db: Database, userId: UserId): Promise<string[]> {
  const rows = await queryD1(
    db
      .select({ username: users.username })
      .from(blocks)
      .innerJoin(users, eq(users.id, blocks.blockedId))
      .where(and(eq(blocks.userId, userId), isNull(users.deletedAt)))
      .orderBy(blocks.blockedId),
  );
  return rows.map(({ username }) => username);
}

/** Whom a user blocks, by rising id. */
export function listBlocked(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<User[]> {
  const mine = eq(blocks.userId, userId);
  return queryD1(
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
  const found = await queryD1(
    db
      .select({ userId: blocks.userId, blockedId: blocks.blockedId })
      .from(blocks)
      .where(or(and(eq(blocks.userId, userId), mine), and(theirs, eq(blocks.blockedId, userId)))),
  );
  return found.map((row) => (row.userId === userId ? row.blockedId : row.userId));
}
