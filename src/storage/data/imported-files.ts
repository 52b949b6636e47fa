import { and, eq, isNull, sql } from "drizzle-orm";
import type { StoredFile } from "../../domain/files/file.ts";
import type { FileKey, UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { files, importedFiles, users } from "../schema.ts";

/** A file of elsewhere, before its bytes. */
export interface NewImportedFile {
  externalId: ExternalId;
  key: FileKey;
  sha256: string;
  userId: UserId;
  name: string;
  contentType: string;
  createdAt: number;
}

/** The name of a file that is gone. */
const NO_NAME = "file";

/** Notes files of elsewhere. One whose external id is known stays as it is. */
export async function insertImportedFiles(db: Database, list: NewImportedFile[]): Promise<void> {
  const rows = JSON.stringify(list);
  await queryD1(
    db
      .insert(importedFiles)
      .select(
        sql`SELECT value ->> 'externalId', value ->> 'key', value ->> 'sha256', value ->> 'userId',
            value ->> 'name', value ->> 'contentType', value ->> 'createdAt'
          FROM json_each(${rows}) WHERE TRUE`,
      )
      .onConflictDoNothing(),
  );
}

/** Those of these files whose bytes have not come. */
export function listFilesWithoutBytes(db: Database, externalIds: ExternalId[]) {
  return queryD1(
    db
      .select({ externalId: importedFiles.externalId, sha256: importedFiles.sha256 })
      .from(importedFiles)
      .leftJoin(files, eq(files.key, importedFiles.key))
      .where(and(isAmong(importedFiles.externalId, externalIds), isNull(files.key))),
  );
}

/** The files with this hash whose bytes have not come. */
export function findWantedFiles(db: Database, sha256: string): Promise<NewImportedFile[]> {
  return queryD1(
    db
      .select({
        externalId: importedFiles.externalId,
        key: importedFiles.key,
        sha256: importedFiles.sha256,
        userId: importedFiles.userId,
        name: importedFiles.name,
        contentType: importedFiles.contentType,
        createdAt: importedFiles.createdAt,
      })
      .from(importedFiles)
      .leftJoin(files, eq(files.key, importedFiles.key))
      .where(and(eq(importedFiles.sha256, sha256), isNull(files.key))),
  );
}

/** Whether a file with this hash was imported. */
export async function isImportedHash(db: Database, sha256: string): Promise<boolean> {
  const query = db
    .select({ key: importedFiles.key })
    .from(importedFiles)
    .where(eq(importedFiles.sha256, sha256));
  return (await queryD1(query.limit(1))).length > 0;
}

/**
 * Stores the row of an imported file whose bytes are in R2. Its name is there alone from then on, and goes
 * with it. Idempotent.
 */
export async function publishImportedFile(db: Database, file: StoredFile): Promise<void> {
  await queryD1(
    db.batch([
      db
        .insert(files)
        .values({ ...file, released: false })
        .onConflictDoNothing(),
      db.update(importedFiles).set({ name: NO_NAME }).where(eq(importedFiles.key, file.key)),
    ]),
  );
}

/** Gives users without an avatar these ones. */
export async function setMissingAvatars(db: Database, list: { id: UserId; avatar: string }[]): Promise<void> {
  await queryD1(
    db.run(sql`UPDATE ${users} SET avatar = json_extract(v.value, '$.avatar'), updated_at = updated_at + 1
      FROM json_each(${JSON.stringify(list)}) v
      WHERE ${users.id} = json_extract(v.value, '$.id') AND ${users.avatar} = ''`),
  );
}
