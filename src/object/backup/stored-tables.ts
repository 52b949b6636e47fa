import { z } from "zod";
import type { RowText } from "../../domain/backup/row-text.ts";
import { ColumnInfo, keyOf, pageQuery, type StoredTable, tableOf } from "../../lib/sql/key-order.ts";
import { CHUNK } from "../row-chunks.ts";

const Named = z.object({ name: z.string() });

/** What the names of tables begin with that the runtime makes, on a developer's machine too. */
const OF_RUNTIME = ["_cf_", "sqlite_", "__miniflare_"];

/** Whether the runtime makes a table: another one may not know it. */
export function isOfRuntime(name: string): boolean {
  return OF_RUNTIME.some((start) => name.startsWith(start));
}

/**
 * The tables of an object that a backup has, by name. A table that a later release adds is among them.
 * @param leftOut what names begin with: tables that are made anew, and virtual ones
 */
export function storedTables(sql: SqlStorage, leftOut: readonly string[]): StoredTable[] {
  const query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
  const names = sql
    .exec(query)
    .toArray()
    .map((row) => Named.parse(row).name);
  const isLeftOut = (name: string) =>
    isOfRuntime(name) || ["schema_versions", "restoring", ...leftOut].some((start) => name.startsWith(start));
  return names.filter((name) => !isLeftOut(name)).map((name) => storedTable(sql, name));
}

/** One table. */
export function storedTable(sql: SqlStorage, name: string): StoredTable {
  const columns = sql.exec("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", name).toArray();
  return tableOf(name, z.array(ColumnInfo).parse(columns));
}

/**
 * Adds the rows of a table behind a key, in the order of the keys, until the text is full.
 * @returns the key of the last added row if rows may be left; null: there is none behind
 */
export function addRows(
  sql: SqlStorage,
  table: StoredTable,
  after: (string | number)[] | null,
  text: RowText,
  maxLength: number,
): (string | number)[] | null {
  let last = after;
  for (;;) {
    if (text.length >= maxLength && last !== after) return last;
    const query = pageQuery(table, last !== null);
    const rows = [...sql.exec(query, ...(last ?? []), CHUNK).raw()];
    text.add(
      table.name,
      table.columns,
      rows.map((row) => row.slice(0, table.columns.length)),
    );
    const end = rows.at(-1);
    if (end === undefined || rows.length < CHUNK) return null;
    last = keyOf(table, end);
  }
}
