/** Lists of values in SQL. D1 takes 100 bound parameters; a list as JSON is one, however long it is. */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** The values of a list as a subquery of one column. */
export function listed(values: readonly (string | number)[]): SQL {
  return sql`SELECT value FROM json_each(${JSON.stringify(values)})`;
}

/** A condition: the value of a column is in a list. */
export function isAmong(column: SQLiteColumn, values: readonly (string | number)[]): SQL {
  return sql`${column} IN (${listed(values)})`;
}
