import { and, eq, lte, sql } from "drizzle-orm";
import type { FileKey, UserId } from "../../domain/ids.ts";
import type { FileHolderId } from "../../domain/messages/scheduled.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { fileHolds } from "../schema.ts";

/** Matches the rows of a scheduled message or a stored draft. */
const isOf = (userId: UserId, id: FileHolderId) =>
  and(eq(fileHolds.userId, userId), eq(fileHolds.scheduledId, id));

/** Holds these files for a message that waits, and no others. @see UserDirectory.holdFiles */
export async function holdFiles(
  db: Database,
  userId: UserId,
  id: FileHolderId,
  keys: FileKey[],
  until: number,
): Promise<void> {
  const listed = JSON.stringify(keys);
  const { key, userId: user, scheduledId } = fileHolds;
  await queryD1(
    db.batch([
      db
        .delete(fileHolds)
        .where(and(isOf(userId, id), sql`${key} NOT IN (SELECT value FROM json_each(${listed}))`)),
      db
        .insert(fileHolds)
        .select(
          // A deletion of the account that has come first leaves nothing to hold.
          sql`SELECT f.key, ${userId}, ${id}, ${until} FROM json_each(${listed}) j JOIN files f ON f.key = j.value
            WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = ${userId} AND u.deleted_at IS NULL)`,
        )
        .onConflictDoUpdate({ target: [user, scheduledId, key], set: { until: sql`excluded.until` } }),
    ]),
  );
}

/** Holds the files of such a message no longer than until then. @see UserDirectory.releaseFiles */
export async function releaseFiles(
  db: Database,
  userId: UserId,
  id: FileHolderId,
  until: number,
): Promise<void> {
  await queryD1(
    db
      .update(fileHolds)
      .set({ until: sql`min(${fileHolds.until}, ${until})` })
      .where(isOf(userId, id)),
  );
}

/** Deletes the rows whose time is over. @param now ms since 1970 */
export async function deleteOldHolds(db: Database, now: number): Promise<void> {
  await queryD1(db.delete(fileHolds).where(lte(fileHolds.until, now)));
}
