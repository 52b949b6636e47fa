import { eq, type SQL, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { fileUsage, users } from "../schema.ts";

/** How many bytes the files of a user have, and when their account was made (ms since 1970). */
export async function findFileUse(db: Database, id: UserId): Promise<{ registeredAt: number; used: number }> {
  const query = db
    .select({ registeredAt: users.createdAt, used: sql<number>`coalesce(${fileUsage.bytes}, 0)` })
    .from(users)
    .leftJoin(fileUsage, eq(fileUsage.userId, users.id));
  const [found] = await queryD1(query.where(eq(users.id, id)));
  return found ?? { registeredAt: 0, used: 0 };
}

/**
 * Matches if further bytes of files of a user have room: the condition of the insert itself, so that of many
 * at once none passes the limit.
 * @param limit bytes; null: any number
 */
export function hasRoom(userId: UserId, bytes: number, limit: number | null): SQL {
  if (limit === null) return sql`true`;
  return sql`coalesce((SELECT bytes FROM file_usage WHERE user_id = ${userId}), 0) + ${bytes} <= ${limit}`;
}
