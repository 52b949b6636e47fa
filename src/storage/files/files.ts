import { eq, sql } from "drizzle-orm";
import type { StoredFile } from "../../domain/files/file.ts";
import type { FileKey } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { files } from "../schema.ts";

/** Makes a file readable, whose bytes are in R2. */
export async function insertFile(db: Database, file: StoredFile): Promise<void> {
  await queryD1(db.insert(files).values(file));
}

/** The file of this key. One row. */
export async function findFile(db: Database, key: FileKey): Promise<StoredFile | null> {
  const [found] = await queryD1(db.select().from(files).where(eq(files.key, key)));
  return found ?? null;
}

/** Those of the keys which are of files. One query whatever the number. */
export async function existingFiles(db: Database, keys: FileKey[]): Promise<Set<FileKey>> {
  if (keys.length === 0) return new Set();
  const wanted = sql`${files.key} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`;
  const found = await queryD1(db.select({ key: files.key }).from(files).where(wanted));
  return new Set(found.map(({ key }) => key));
}
