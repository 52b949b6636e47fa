import { z } from "zod";
import type { DatabasePart, TablePlace } from "../../domain/backup/parts.ts";
import { RowText, type RowValue, requireColumns, requireRows } from "../../domain/backup/row-text.ts";
import { fnv1a } from "../../lib/fnv1a.ts";
import {
  ColumnInfo,
  keyOf,
  pageQuery,
  quotedName,
  type StoredTable,
  tableOf,
} from "../../lib/sql/key-order.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";

/** The rows that one statement reads. */
const MAX_ROWS = 1_000;
/** A part has so many rows at least, unless its table ends. */
const MIN_ROWS = 100;
/** One key in so many ends a part: so a part stays as it is when rows come and go elsewhere. */
const CUT_EVERY = 512;
/** The UTF-16 units of rows that one statement writes. */
const WRITTEN = 256 * 1024;

/** The table of the numbers that were given last. */
const SEQUENCE = "sqlite_sequence";
/** `file_usage` is what triggers write as the files come; `link_previews` is fetched anew. */
const LEFT_OUT = ["d1_migrations", "_cf_", "sqlite_", "file_upload_parts", "file_usage", "link_previews"];
/** An upload that is not complete has parts in the bucket, which no backup has. */
const WHERE: Readonly<Record<string, string>> = { file_uploads: "state IN ('complete', 'ended')" };
/** Tables that are loaded after others that they do not refer to: hooks are told of new users and reports. */
const AFTER: Readonly<Record<string, readonly string[]>> = { hooks: ["users", "reports"] };

/**
 * Unique values that one row may give up and another take while the rows are read: both have it then. The row
 * that was read first is written last, and gets another value.
 */
const MOVING: Readonly<Record<string, Record<string, (id: string) => string>>> = {
  users: { username: (id) => `'restored-' || (${id})`, external_id: () => "NULL" },
};

const Named = z.object({ name: z.string() });
const Referred = z.object({ table: z.string() });
const Rows = z.array(z.array(z.unknown()));

/**
 * Reads the next rows of the database. A table comes before those that it refers to, whose rows are never
 * deleted: so each row of the copy has the rows that it refers to, although it is not of one moment.
 * @param place null: from the first table on
 */
export async function readDatabase(db: Database, place: TablePlace | null): Promise<DatabasePart> {
  const tables = (await tablesInOrder(db)).reverse();
  const table = place ? tables.find(({ name }) => name === place.table) : tables[0];
  if (!table) return { rows: "", next: null };
  const following = tables[tables.indexOf(table) + 1];
  const end = following ? { table: following.name, key: null } : null;
  const after = place?.key ?? null;
  const query = pageQuery(table, after !== null, WHERE[table.name]);
  const read = db.$client.prepare(query).bind(...(after ?? []), MAX_ROWS);
  const rows = Rows.parse(await queryD1(read.raw()));
  const cut = rows.findIndex((row, i) => i >= MIN_ROWS && isCut(keyOf(table, row)));
  const taken = cut === -1 ? rows : rows.slice(0, cut + 1);
  const text = new RowText();
  text.add(
    table.name,
    table.columns,
    taken.map((row) => row.slice(0, table.columns.length)),
  );
  const last = taken.at(-1);
  const isOver = last === undefined || (cut === -1 && rows.length < MAX_ROWS);
  return { rows: text.toString(), next: isOver ? end : { table: table.name, key: keyOf(table, last) } };
}

/**
 * Writes rows of the database. A row that is there stays: a part may be written twice.
 * @throws `validation_failed` for tables or columns that are unknown here
 */
export async function writeDatabase(db: Database, text: string): Promise<void> {
  const tables = new Map((await tablesInOrder(db)).map((table) => [table.name, table]));
  const statements: D1PreparedStatement[] = [];
  for (const { table: name, columns, rows } of requireRows(text)) {
    const table = tables.get(name);
    requireColumns(table, name, columns);
    const insert = db.$client.prepare(insertQuery(table, columns));
    for (const some of inPieces(rows)) statements.push(insert.bind(JSON.stringify(some)));
  }
  if (statements.length > 0) await queryD1(db.$client.batch(statements));
}

/** Whether nobody has an account, and no conversation was made. */
export async function isDatabaseEmpty(db: Database): Promise<boolean> {
  const query = "SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM conversations) AS used";
  const used = await queryD1(db.$client.prepare(query).first<number>("used"));
  return used === 0;
}

/** The ids of a class of objects behind an id, in the order in which they are stored. */
export async function listIds(
  db: Database,
  table: "users" | "conversations" | "hooks",
  after: string | null,
  limit: number,
): Promise<string[]> {
  const isNumber = table !== "hooks";
  const behind = isNumber ? Number(after ?? 0) : (after ?? "");
  const query = db.$client.prepare(`SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`);
  const rows = Rows.parse(await queryD1(query.bind(behind, limit).raw()));
  return rows.map(([id]) => String(id));
}

/** The tables, each after those that it refers to. The numbers that were given last come at the end. */
async function tablesInOrder(db: Database): Promise<StoredTable[]> {
  const names = db.$client.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  const { results } = await queryD1(names.all());
  const kept = z
    .array(Named)
    .parse(results)
    .map(({ name }) => name)
    .filter((name) => !LEFT_OUT.some((start) => name.startsWith(start)));
  const client = db.$client;
  const described = await queryD1(
    client.batch(
      kept.flatMap((name) => [
        client.prepare("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid").bind(name),
        client.prepare('SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)').bind(name),
      ]),
    ),
  );
  const tables = new Map<string, { table: StoredTable; refersTo: string[] }>();
  for (const [i, name] of kept.entries()) {
    const table = tableOf(name, z.array(ColumnInfo).parse(described[2 * i]?.results));
    const referred = z.array(Referred).parse(described[2 * i + 1]?.results);
    tables.set(name, { table, refersTo: [...referred.map((one) => one.table), ...(AFTER[name] ?? [])] });
  }
  const ordered = new Map<string, StoredTable>();
  const place = (name: string): void => {
    const found = tables.get(name);
    if (!found || ordered.has(name)) return;
    tables.delete(name);
    for (const other of found.refersTo) place(other);
    ordered.set(name, found.table);
  };
  for (const name of kept) place(name);
  return [...ordered.values(), { name: SEQUENCE, columns: ["name", "seq"], key: ["name"] }];
}

function insertQuery({ name, key }: StoredTable, columns: readonly string[]): string {
  const values = columns.map((column, i) => {
    const other = MOVING[name]?.[column];
    if (other === undefined) return `value ->> ${i}`;
    const taken = `SELECT 1 FROM ${quotedName(name)} WHERE ${quotedName(column)} = value ->> ${i}`;
    return `iif(EXISTS (${taken}), ${other(`value ->> ${columns.indexOf("id")}`)}, value ->> ${i})`;
  });
  // No row may be given a number twice, whatever was numbered here before. The table has no key.
  if (name === SEQUENCE)
    return `INSERT OR REPLACE INTO sqlite_sequence (rowid, name, seq)
      SELECT s.rowid, value ->> 0, max(value ->> 1, coalesce(s.seq, 0))
      FROM json_each(?) LEFT JOIN sqlite_sequence s ON s.name = value ->> 0`;
  return `INSERT INTO ${quotedName(name)} (${columns.map(quotedName).join()})
    SELECT ${values.join()} FROM json_each(?) WHERE TRUE
    ON CONFLICT (${key.map(quotedName).join()}) DO NOTHING`;
}

function* inPieces(rows: readonly RowValue[][]): Generator<RowValue[][]> {
  let piece: RowValue[][] = [];
  let length = 0;
  for (const row of rows) {
    const size = JSON.stringify(row).length;
    if (piece.length > 0 && length + size > WRITTEN) {
      yield piece;
      [piece, length] = [[], 0];
    }
    piece.push(row);
    length += size;
  }
  if (piece.length > 0) yield piece;
}

/** Whether a part ends with a key. */
function isCut(key: readonly (string | number)[]): boolean {
  return fnv1a(JSON.stringify(key)) % CUT_EVERY === 0;
}
