import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { User } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { PERSON } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { blocks, users } from "../schema.ts";
import {
  deleteContactsBetween,
  existingUsersQuery,
  isLive,
  otherUsersOf,
  recordRejections,
} from "./pair-conditions.ts";

/** The result of blocking users. */
interface BlockResult {
  /** the users whose friendship or request with the caller was ended */
  ended: UserId[];
  /** the users who have no account */
  missing: UserId[];
}

/**
 * Blocks users, and ends every friendship and request between them and `userId`; their requests are recorded
 * as rejected. One batch: a concurrent request for friendship comes before it and is ended, or comes after it
 * and finds the block.
 * @param createdAt milliseconds
 */
export async function insertBlocks(
  db: Database,
  userId: UserId,
  ids: UserId[],
  createdAt: number,
): Promise<BlockResult> {
  const [, , friendships, requests, found] = await queryD1(
    db.batch([
      db
        .insert(blocks)
        .select(
          sql`SELECT ${userId}, u.id, ${createdAt} FROM json_each(${JSON.stringify(ids)}) x
            JOIN users u ON u.id = x.value AND u.deleted_at IS NULL WHERE ${isLive(userId)}`,
        )
        .onConflictDoNothing(),
      recordRejections(db, userId, ids, createdAt),
      ...deleteContactsBetween(db, userId, ids),
      existingUsersQuery(db, ids),
    ]),
  );
  return { ended: otherUsersOf(userId, friendships, requests), missing: missingOf(ids, found) };
}

/**
 * Lifts the blocks of a user against these users, where there are any.
 * @returns the users who have no account
 */
export async function deleteBlocks(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const given = and(eq(blocks.userId, userId), isAmong(blocks.blockedId, ids));
  const [, found] = await queryD1(db.batch([db.delete(blocks).where(given), existingUsersQuery(db, ids)]));
  return missingOf(ids, found);
}

function missingOf(ids: UserId[], found: { id: UserId }[]): UserId[] {
  const foundIds = new Set(found.map(({ id }) => id));
  return ids.filter((id) => !foundIds.has(id));
}

/** The usernames of all users that a user blocks, by rising id. */
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

/**
 * The users that a user blocks, by rising id: at most `limit` after the id `after`. Their presence is hidden.
 */
export async function listBlocked(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<User[]> {
  const byUser = eq(blocks.userId, userId);
  const found = await queryD1(
    db
      .select(PERSON)
      .from(blocks)
      .innerJoin(users, eq(users.id, blocks.blockedId))
      .where(and(byUser, after && gt(blocks.blockedId, after), isNull(users.deletedAt)))
      .orderBy(blocks.blockedId)
      .limit(limit),
  );
  return found.map((person) => ({ ...person, online: false }));
}

/** The users among `ids` who block `userId`, or whom `userId` blocks. One query. */
export async function findBlockedAmong(db: Database, userId: UserId, ids: UserId[]): Promise<UserId[]> {
  const found = await queryD1(
    db
      .select({ userId: blocks.userId, blockedId: blocks.blockedId })
      .from(blocks)
      .where(
        or(
          and(eq(blocks.userId, userId), isAmong(blocks.blockedId, ids)),
          and(isAmong(blocks.userId, ids), eq(blocks.blockedId, userId)),
        ),
      ),
  );
  return found.map((row) => (row.userId === userId ? row.blockedId : row.userId));
}
