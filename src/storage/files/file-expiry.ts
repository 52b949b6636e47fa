import { and, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { FileKey } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { keptQuery } from "../moderation/report-files.ts";
import { files } from "../schema.ts";
import { expiredBy, isOfDeletedUser, isShown } from "./file-conditions.ts";

/** When files are looked at. */
export interface Look {
  /** ms since 1970 */
  now: number;
  /** so long ago (ms) files have expired that are deleted */
  deletionMs: number;
}

/** Clears the expiry of those of these files that something shows, and deletes the rows of the others. */
export function endQueries(db: Database, isDue: SQL | undefined, now: number) {
  return [
    db
      .update(files)
      .set({ expiresAt: null })
      .where(and(isDue, isShown(now))),
    db
      .delete(files)
      .where(and(isDue, sql`NOT ${isShown(now)}`))
      .returning({ key: files.key }),
  ] as const;
}

/**
 * Deletes the rows of files that expired `deletionMs` ago and that nothing shows. A file that something shows
 * stays, and expires no more.
 * @param limit of the files that are looked at
 * @returns how many were looked at, and the keys of the deleted ones, but for those that a report keeps
 */
export async function deleteExpiredFiles(
  db: Database,
  { now, deletionMs }: Look,
  limit: number,
): Promise<{ found: number; deleted: FileKey[] }> {
  const hasExpired = expiredBy(now - deletionMs);
  const due = await queryD1(db.select({ key: files.key }).from(files).where(hasExpired).limit(limit));
  if (due.length === 0) return { found: 0, deleted: [] };
  const keys = due.map(({ key }) => key);
  // A file may have been kept for longer since: the condition is part of the statements.
  const isDue = and(isAmong(files.key, keys), hasExpired);
  const [, deleted, kept] = await queryD1(db.batch([...endQueries(db, isDue, now), keptQuery(db, keys)]));
  const isKept = new Set(kept.map(({ key }) => key));
  return { found: due.length, deleted: deleted.map(({ key }) => key).filter((key) => !isKept.has(key)) };
}

/**
 * Lets files expire that nothing shows, and that are released or whose uploader's account is deleted.
 * @param prefix a hexadecimal digit: only keys that begin with it
 * @param times ms since 1970
 * @returns how many, `limit` at most
 */
export async function markUnshownFiles(
  db: Database,
  prefix: string,
  { now, expiresAt }: { now: number; expiresAt: number },
  limit: number,
): Promise<number> {
  const unshown = db
    .select({ key: files.key })
    .from(files)
    .where(
      and(
        sql`${files.key} >= ${prefix} AND ${files.key} < ${`${prefix}g`}`,
        isNull(files.expiresAt),
        or(eq(files.released, true), isOfDeletedUser),
        sql`NOT ${isShown(now)}`,
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
