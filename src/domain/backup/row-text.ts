import { z } from "zod";
import type { StoredTable } from "../../lib/sql/key-order.ts";
import { invalid } from "../errors.ts";

/** A value of a row. Parley stores no bytes in tables. */
const RowValue = z.union([z.string(), z.number(), z.null()]);
export type RowValue = z.infer<typeof RowValue>;

const TableLine = z.object({ table: z.string(), columns: z.array(z.string()) });
const Row = z.array(RowValue);
const Line = z.union([Row, TableLine]);

/** Rows of one table. */
export interface TableRows {
  table: string;
  columns: string[];
  rows: RowValue[][];
}

/**
 * Rows as JSON Lines: a line names a table and its columns, and the lines behind it are its rows, an array
 * each.
 */
export class RowText {
  readonly #lines: string[] = [];
  #table: string | undefined;
  #length = 0;

  /** UTF-16 units, about the bytes of the text. */
  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Adds rows of a table. @throws an Error for a value that is no text, number or null */
  add(table: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): void {
    if (rows.length === 0) return;
    if (this.#table !== table) this.#push(JSON.stringify({ table, columns }));
    this.#table = table;
    for (const row of rows) {
      const odd = row.findIndex((value) => !RowValue.safeParse(value).success);
      if (odd !== -1) throw new Error(`${table}.${columns[odd]} has a value that a backup cannot hold`);
      this.#push(JSON.stringify(row));
    }
  }

  toString(): string {
    return this.#lines.join("");
  }

  #push(line: string): void {
    this.#lines.push(`${line}\n`);
    this.#length += line.length + 1;
  }
}

/** The rows of a `RowText`, by table, in its order. @throws a ZodError or SyntaxError for another text */
export function parseRowText(text: string): TableRows[] {
  const tables: TableRows[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const parsed = Line.parse(JSON.parse(line));
    if (!Array.isArray(parsed)) tables.push({ ...parsed, rows: [] });
    else {
      const table = tables.at(-1);
      if (!table || table.columns.length !== parsed.length)
        throw new SyntaxError("a row of a backup does not have the columns of its table");
      table.rows.push(parsed);
    }
  }
  return tables;
}

/** The same for rows that a caller has sent. @throws `validation_failed` for another text */
export function requireRows(text: string): TableRows[] {
  try {
    return parseRowText(text);
  } catch {
    throw invalid("body.rows", "must be rows of a backup");
  }
}

/** @throws `validation_failed` for a table or a column that is unknown here */
export function requireColumns(
  table: StoredTable | undefined,
  name: string,
  columns: readonly string[],
): asserts table is StoredTable {
  if (!table) throw invalid("body.rows", `has a table that this release does not know: ${name}`);
  const unknown = columns.find((column) => !table.columns.includes(column));
  if (unknown !== undefined)
    throw invalid("body.rows", `has a column that this release does not know: ${name}.${unknown}`);
}
