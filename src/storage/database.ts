import { drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

/** D1 through drizzle. It has no `transaction()`: groups of writes go through `batch()`. */
export type Database = ReturnType<typeof open>;

/** Drizzle works out the relations of all tables when it opens a database: once per binding, not at each request. */
const opened = new WeakMap<D1Database, Database>();

/** Drizzle over a binding: the same one at each call. */
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
