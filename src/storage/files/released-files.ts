import { and, eq, or, type SQL, sql } from "drizzle-orm";
import type { FileKey, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { keptQuery } from "../moderation/report-files.ts";
import { files, fileUploads } from "../schema.ts";
import { expiredBy, isOfDeletedUser, isReferenced } from "./file-conditions.ts";
import { endQueries, type Look } from "./file-expiry.ts";

/** Files that their uploaders have taken back: docs/design/files.md. */

/**
 * Deletes those of these files that expired `deletionMs` ago and that nothing shows, with their uploads in
 * parts. Those that something shows expire no more.
 * @returns those that are gone, also from before, but for those that a report keeps; and when the others that
 *   have an expiry are due (ms since 1970; null: none has)
 */
export async function deleteReleasedFiles(
  db: Database,
  keys: FileKey[],
  { now, deletionMs }: Look,
): Promise<{ gone: FileKey[]; nextAt: number | null }> {
  const isDue = and(isAmong(files.key, keys), expiredBy(now - deletionMs));
  const { key: uploadKey, state } = fileUploads;
  const [, , , left, kept] = await queryD1(
    db.batch([
      ...endQueries(db, isDue, now),
      db
        .delete(fileUploads)
        .where(
          and(
            isAmong(uploadKey, keys),
            eq(state, "complete"),
            sql`NOT EXISTS (SELECT 1 FROM files f WHERE f.key = ${uploadKey})`,
          ),
        ),
      db.select({ key: files.key, expiresAt: files.expiresAt }).from(files).where(isAmong(files.key, keys)),
      keptQuery(db, keys),
    ]),
  );
  const existing = new Set([...left, ...kept].map(({ key }) => key));
  const next = left.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt + deletionMs]));
  return {
    gone: keys.filter((key) => !existing.has(key)),
    nextAt: next.length > 0 ? Math.min(...next) : null,
  };
}

/**
 * Has those of these files that have expired be deleted no earlier than `deletionMs` from now on. Nobody
 * reads them meanwhile.
 */
export async function postponeDeletion(db: Database, keys: FileKey[], now: number): Promise<void> {
  await queryD1(
    db
      .update(files)
      .set({ expiresAt: now })
      .where(and(isAmong(files.key, keys), expiredBy(now))),
  );
}

/**
 * Releases those of these files for which `isReleased`, or whose uploader's account is deleted. Those that no
 * message shows expire at `expiresAt` (ms since 1970).
 * @returns a query with the released files, and when they expire
 */
export function releaseQuery(db: Database, isNamed: SQL, isReleased: SQL, expiresAt: number) {
  // What else may show a file is looked at when it has expired: a hold may end before.
  const end = sql`CASE WHEN ${isReferenced} THEN ${files.expiresAt} ELSE ${expiresAt} END`;
  return db
    .update(files)
    .set({ released: true, expiresAt: end })
    .where(and(isNamed, or(eq(files.released, true), isReleased, isOfDeletedUser)))
    .returning({ key: files.key, expiresAt: files.expiresAt });
}

/**
 * Releases the files of a deleted account that no message shows. They expire at `expiresAt` (ms since 1970),
 * if not before.
 * @param page `limit` of its files behind the key `after`
 * @returns the released files, and the last one that was looked at; null: there is none behind `after`
 */
export async function releaseFilesOf(
  db: Database,
  userId: UserId,
  { after, limit }: { after: string; limit: number },
  expiresAt: number,
): Promise<{ released: FileKey[]; last: FileKey | null }> {
  const page = db
    .select({ key: files.key })
    .from(files)
    .where(and(eq(files.userId, userId), sql`${files.key} > ${after}`))
    .orderBy(files.key)
    .limit(limit);
  const [looked, released] = await queryD1(
    db.batch([
      page,
      db
        .update(files)
        .set({
          released: true,
          expiresAt: sql`min(coalesce(${files.expiresAt}, ${expiresAt}), ${expiresAt})`,
        })
        .where(and(sql`${files.key} IN (${page})`, isOfDeletedUser, sql`NOT ${isReferenced}`))
        .returning({ key: files.key }),
    ]),
  );
  return { released: released.map(({ key }) => key), last: looked.at(-1)?.key ?? null };
}
