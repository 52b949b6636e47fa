import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { CoreError } from "../domain/errors.ts";
import * as schema from "./schema.ts";
import { users } from "./schema.ts";

/**
 * D1 through drizzle. D1 has no interactive transactions: writes that belong together go through `batch()`.
 */
export type Database = ReturnType<typeof open>;

/** One instance per binding: drizzle works out the relations of all tables when it is created. */
const opened = new WeakMap<D1Database, Database>();

/** Drizzle over a D1 binding. The same binding gets the same instance. */
export function openDatabase(d1: D1Database): Database {
  const known = opened.get(d1);
  if (known) return known;
  const database = open(d1);
  opened.set(d1, database);
  return database;
}

function open(d1: D1Database) {
  return drizzle(d1, { schema });
}

/**
 * Resolves if D1 answers and the migrations were applied.
 * @throws `unavailable` if not
 */
export async function databaseAnswers(db: Database): Promise<void> {
  try {
    await db.select({ one: sql<number>`1` }).from(users).limit(1);
  } catch {
    throw new CoreError("unavailable", "The database does not answer. Were the migrations applied?", {
      retryAfter: 1,
    });
  }
}
