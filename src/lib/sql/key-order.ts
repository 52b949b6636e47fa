import { z } from "zod";

/** The values of a row's key: what its table is ordered by. */
export const RowKey = z.array(z.union([z.string(), z.number()]));
export type RowKey = z.infer<typeof RowKey>;

/** A stored table, as far as its rows are read and written without knowing what they mean. */
export interface StoredTable {
  name: string;
  columns: string[];
  /** the columns of the primary key, in its order; none: the rows have a rowid alone */
  key: string[];
}

/** A row of `pragma_table_info`. */
export const ColumnInfo = z.object({ name: z.string(), type: z.string(), pk: z.int() });

/** A table, from the rows of its `pragma_table_info`. */
export function tableOf(name: string, columns: readonly z.infer<typeof ColumnInfo>[]): StoredTable {
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return { name, columns: columns.map((column) => column.name), key: key.map((column) => column.name) };
}

/**
 * The statement that reads the next rows of a table in the order of its key. Its bindings are those of the
 * key of the last row, if there is one, then the number of rows.
 */
export function pageQuery({ name, columns, key }: StoredTable, hasLast: boolean, where = "TRUE"): string {
  const order = orderOf(key);
  const behind = hasLast ? `(${order.join()}) > (${order.map(() => "?").join()})` : "TRUE";
  const shown = [...columns.map(quotedName), ...(key.length === 0 ? ["rowid"] : [])];
  return `SELECT ${shown.join()} FROM ${quotedName(name)} WHERE ${behind} AND (${where})
    ORDER BY ${order.join()} LIMIT ?`;
}

/**
 * The key of a row that `pageQuery` has read.
 * @param row the values of the columns; a rowid is behind them
 */
export function keyOf({ columns, key }: StoredTable, row: readonly unknown[]): RowKey {
  if (key.length === 0) return RowKey.parse([row[columns.length]]);
  return RowKey.parse(key.map((name) => row[columns.indexOf(name)]));
}

/** A name of a table or a column, as SQL has it. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function orderOf(key: readonly string[]): string[] {
  return key.length === 0 ? ["rowid"] : key.map(quotedName);
}
