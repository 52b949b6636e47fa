import { and, eq, isNotNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { StoredFile } from "../../domain/files/file.ts";
import type { FileKey, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { keptQuery } from "../moderation/report-files.ts";
import { fileReferences, files, fileUploads } from "../schema.ts";
import { isReadable } from "./file-conditions.ts";
import { hasRoom } from "./file-usage.ts";

/**
 * Stores the row of a file whose bytes are in R2, if its user has room. From then on it is readable.
 * @param file `isReleased`: it goes once nothing shows it, although its user has not taken it back
 * @param limit of the bytes of the user's files; null: any number
 * @returns whether there was room
 */
export async function insertFile(
  db: Database,
  file: StoredFile & { isReleased?: boolean },
  limit: number | null,
): Promise<boolean> {
  const { key, userId, name, size, contentType, sha256, md5, createdAt, expiresAt } = file;
  const { isReleased = false } = file;
  const stored = await queryD1(
    db
      .insert(files)
      .select(
        sql`SELECT ${key}, ${userId}, ${name}, ${size}, ${contentType}, ${sha256}, ${md5}, ${createdAt},
          ${expiresAt}, ${Number(isReleased)} WHERE ${hasRoom(userId, size, limit)}`,
      )
      .returning({ key: files.key }),
  );
  return stored.length > 0;
}

/**
 * The file of this key; null if there is none, or if it has expired and nothing shows it. Reads one row,
 * unless it has expired.
 * @param now ms since 1970
 */
export async function findFile(db: Database, key: FileKey, now: number): Promise<StoredFile | null> {
  const [found] = await queryD1(
    db
      .select()
      .from(files)
      .where(and(eq(files.key, key), isReadable(now))),
  );
  return found ?? null;
}

/**
 * Deletes the row of a file, its references, and the upload in parts that it came from.
 * @returns whether its bytes go, or a report keeps them; null: the user has uploaded no such file
 */
export async function deleteFileOf(
  db: Database,
  key: FileKey,
  userId: UserId,
): Promise<{ isKept: boolean } | null> {
  const [deleted, , , kept] = await queryD1(
    db.batch([
      db
        .delete(files)
        .where(and(eq(files.key, key), eq(files.userId, userId)))
        .returning({ key: files.key }),
      db
        .delete(fileReferences)
        .where(
          and(eq(fileReferences.key, key), sql`NOT EXISTS (SELECT 1 FROM files f WHERE f.key = ${key})`),
        ),
      db
        .delete(fileUploads)
        .where(
          and(eq(fileUploads.key, key), eq(fileUploads.userId, userId), eq(fileUploads.state, "complete")),
        ),
      keptQuery(db, [key]),
    ]),
  );
  return deleted.length > 0 ? { isKept: kept.length > 0 } : null;
}

/**
 * Keeps a file that is to expire until a later time.
 * @param until ms since 1970
 * @returns false if it does not exist any more
 */
export async function keepFileUntil(db: Database, key: FileKey, until: number): Promise<boolean> {
  const [, found] = await queryD1(
    db.batch([
      db
        .update(files)
        .set({ expiresAt: sql`max(${files.expiresAt}, ${until})` })
        .where(and(eq(files.key, key), isNotNull(files.expiresAt))),
      db.select({ key: files.key }).from(files).where(eq(files.key, key)),
    ]),
  );
  return found.length > 0;
}

/** The keys among these that a file or an upload in parts has, or that a report keeps. One query. */
export async function findExistingKeys(db: Database, keys: FileKey[]): Promise<Set<FileKey>> {
  if (keys.length === 0) return new Set();
  const ofFiles = db.select({ key: files.key }).from(files).where(isAmong(files.key, keys));
  const ofUploads = db
    .select({ key: fileUploads.key })
    .from(fileUploads)
    .where(isAmong(fileUploads.key, keys));
  const found = await queryD1(unionAll(ofFiles, ofUploads, keptQuery(db, keys)));
  return new Set(found.map(({ key }) => key));
}
