import { drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

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
