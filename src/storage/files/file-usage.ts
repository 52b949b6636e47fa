import { eq, type SQL, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import { accountableFor, accountedWith } from "../bots/bots.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

/**
 * How many bytes the files have of a user and of their bots, and when their account was made (ms since 1970).
 * A bot is asked of as its maker.
 */
export async function findFileUse(db: Database, id: UserId): Promise<{ registeredAt: number; used: number }> {
  const query = db.select({ registeredAt: users.createdAt, used: usedBy(id).mapWith(Number) }).from(users);
  const [found] = await queryD1(query.where(eq(users.id, accountableFor(id))));
  return found ?? { registeredAt: 0, used: 0 };
}

function usedBy(id: UserId): SQL<number> {
  return sql`(SELECT coalesce(sum(bytes), 0) FROM file_usage WHERE user_id IN ${accountedWith(id)})`;
}

/**
 * Matches if further bytes of files of a user have room: the condition of the insert itself, so that of many
 * at once none passes the limit.
 * @param limit bytes; null: any number
 */
export function hasRoom(userId: UserId, bytes: number, limit: number | null): SQL {
  if (limit === null) return sql`true`;
  return sql`${usedBy(userId)} + ${bytes} <= ${limit}`;
}
