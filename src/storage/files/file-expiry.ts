import { and, isNotNull, isNull, lte, sql } from "drizzle-orm";
import type { FileKey } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { files, isFileUrl, keyInUrl } from "../schema.ts";

/** Matches if a column has the URL of the file. `+`: with the affinity of the key no index would do. */
const isIn = (column: string) => sql`${keyInUrl(column)} = +${files.key} AND ${isFileUrl(column)}`;

/** Matches files that a message, a scheduled one, a user, a group or the list of a former member shows. */
const isShown = sql`(EXISTS (SELECT 1 FROM file_references r WHERE r.key = ${files.key})
  OR EXISTS (SELECT 1 FROM file_holds h WHERE h.key = ${files.key})
  OR EXISTS (SELECT 1 FROM users WHERE ${isIn("avatar")})
  OR EXISTS (SELECT 1 FROM conversations WHERE ${isIn("avatar")})
  OR EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
    WHERE ${isIn("left_avatar")} AND u.deleted_at IS NULL))`;

/**
 * Deletes the rows of files that have expired and that nothing shows. A file that something shows stays, and
 * expires no more.
 * @param now ms since 1970
 * @param limit of the files that are looked at
 * @returns how many were looked at, and the keys of the deleted ones
 */
export async function deleteExpiredFiles(
  db: Database,
  now: number,
  limit: number,
): Promise<{ found: number; deleted: FileKey[] }> {
  const hasExpired = and(isNotNull(files.expiresAt), lte(files.expiresAt, now));
  const due = await queryD1(db.select({ key: files.key }).from(files).where(hasExpired).limit(limit));
  if (due.length === 0) return { found: 0, deleted: [] };
  const keys = due.map(({ key }) => key);
  // A file may have been kept for longer since: the condition is part of the statements.
  const isDue = and(isAmong(files.key, keys), hasExpired);
  const [, deleted] = await queryD1(
    db.batch([
      db.update(files).set({ expiresAt: null }).where(and(isDue, isShown)),
      db
        .delete(files)
        .where(and(isDue, sql`NOT ${isShown}`))
        .returning({ key: files.key }),
    ]),
  );
  return { found: due.length, deleted: deleted.map(({ key }) => key) };
}

/**
 * Lets files expire that nothing shows, and that are released or whose uploader's account is deleted.
 * @param prefix a hexadecimal digit: only keys that begin with it
 * @param expiresAt ms since 1970
 * @returns how many, `limit` at most
 */
export async function markUnshownFiles(
  db: Database,
  prefix: string,
  expiresAt: number,
  limit: number,
): Promise<number> {
  const isReleased = sql`(${files.released} = 1 OR EXISTS
    (SELECT 1 FROM users u WHERE u.id = ${files.userId} AND u.deleted_at IS NOT NULL))`;
  const unshown = db
    .select({ key: files.key })
    .from(files)
    .where(
      and(
        sql`${files.key} >= ${prefix} AND ${files.key} < ${`${prefix}g`}`,
        isNull(files.expiresAt),
        isReleased,
        sql`NOT ${isShown}`,
      ),
    )
    .limit(limit);
  const marked = await queryD1(
    db
      .update(files)
      .set({ expiresAt })
      .where(sql`${files.key} IN (${unshown})`)
      .returning({ key: files.key }),
  );
  return marked.length;
}
