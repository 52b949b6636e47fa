import { and, desc, eq, gte, sql } from "drizzle-orm";
import type { LargeObject, LargeObjectKind } from "../domain/operation/large-object.ts";
import { queryD1 } from "./d1-errors.ts";
import type { Database } from "./database.ts";
import { largeObjects } from "./schema.ts";

/** Stores the size of a large object, in place of the one before. */
export async function storeLargeObject(db: Database, object: LargeObject): Promise<void> {
  const { bytes, archives, reportedAt } = object;
  const target = [largeObjects.kind, largeObjects.id];
  await queryD1(
    db
      .insert(largeObjects)
      .values(object)
      .onConflictDoUpdate({ target, set: { bytes, archives, reportedAt } }),
  );
}

/** Forgets an object: it is not large any more. */
export async function deleteLargeObject(db: Database, kind: LargeObjectKind, id: number): Promise<void> {
  const isIt = and(eq(largeObjects.kind, kind), eq(largeObjects.id, id));
  await queryD1(db.delete(largeObjects).where(isIt));
}

/**
 * The largest objects of at least so many bytes, the largest first.
 * @param since those that have reported themselves since then (ms since 1970)
 */
export function listLargeObjects(
  db: Database,
  { least, since }: { least: number; since: number },
  limit: number,
): Promise<LargeObject[]> {
  return queryD1(
    db
      .select()
      .from(largeObjects)
      .where(and(gte(largeObjects.bytes, least), gte(largeObjects.reportedAt, since)))
      .orderBy(desc(largeObjects.bytes))
      .limit(limit),
  );
}

/** The bytes of D1. */
export async function databaseBytes(db: Database): Promise<number> {
  const { meta } = await queryD1(db.run(sql`SELECT 1`));
  return meta.size_after;
}
