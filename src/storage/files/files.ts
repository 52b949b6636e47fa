import { eq, sql } from "drizzle-orm";
import type { StoredFile } from "../../domain/files/file.ts";
import type { FileKey } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { files } from "../schema.ts";

/** Stores the row of a file whose bytes are in R2. From then on it is readable. */
export async function insertFile(db: Database, file: StoredFile): Promise<void> {
  await queryD1(db.insert(files).values(file));
}

/** The file of this key; null if there is none. Reads one row. */
export async function findFile(db: Database, key: FileKey): Promise<StoredFile | null> {
  const [found] = await queryD1(db.select().from(files).where(eq(files.key, key)));
  return found ?? null;
}

/** The keys among these that have a row. One query. */
export async function findExistingKeys(db: Database, keys: FileKey[]): Promise<Set<FileKey>> {
  if (keys.length === 0) return new Set();
  const among = sql`${files.key} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`;
  const found = await queryD1(db.select({ key: files.key }).from(files).where(among));
  return new Set(found.map(({ key }) => key));
}
