import { createHash } from "node:crypto";
import { RowText, type TableRows } from "../../domain/backup/row-text.ts";
import { quotedName } from "../../lib/sql/key-order.ts";
import { storedTable, storedTables } from "../../object/backup/stored-tables.ts";
import type { Bodies } from "../archives/bodies.ts";
import { IS_MOVED } from "../archives/moved-body.ts";
import type { MessageRow } from "../log/row.ts";

/** A table whose rows belong to messages, and how those of a range of seqs are found without a scan. */
interface LogTable {
  name: string;
  /** the table is `t` */
  from: string;
  /** the seq of a row */
  seq: string;
  order: string;
}

/** The messages, and what is stored of each. All other tables are the state of the conversation. */
const LOG: readonly LogTable[] = [
  { name: "messages", from: "messages t", seq: "t.seq", order: "t.seq" },
  {
    name: "message_edits",
    from: "messages m CROSS JOIN message_edits t ON t.sender_id = m.sender_id AND t.seq = m.seq",
    ...{ seq: "m.seq", order: "m.seq, t.version" },
  },
  {
    name: "reactions",
    from: "reactions t INDEXED BY reactions_order",
    ...{ seq: "t.seq", order: "t.seq, t.key, t.rev" },
  },
  {
    name: "votes",
    from: "votes t INDEXED BY votes_order",
    ...{ seq: "t.seq", order: "t.seq, t.option, t.rev" },
  },
  { name: "hidden", from: "hidden t", seq: "t.seq", order: "t.seq, t.user_id" },
  { name: "imported_messages", from: "imported_messages t", seq: "t.seq", order: "t.seq" },
];

export const LOG_TABLES: readonly string[] = LOG.map(({ name }) => name);

/** What a row weighs besides its texts, in bytes. */
const ROW_BYTES = 64;

/** What a body in an archive is taken for, in bytes: nobody knows before it is read. */
const MOVED_BYTES = 1024;

/** Bodies of messages, wherever they are; undefined: all are here. */
type AllBodies = Pick<Bodies, "all"> | undefined;

/** A range of seqs, both inclusive. */
export interface SeqRange {
  from: number;
  to: number;
}

/**
 * Changes when a row of the range comes, goes or changes: of each table the number of rows, and of each
 * column the sum of its numbers and of the lengths of its texts. SQLite reads the rows; none comes out of it.
 * Each change of a message in place raises its `changed_rev`.
 */
export function printOf(sql: SqlStorage, { from, to }: SeqRange): string {
  const hash = createHash("sha256");
  for (const table of LOG) {
    const { columns } = storedTable(sql, table.name);
    const sums = columns
      .map((name) => `t.${quotedName(name)}`)
      .map((column) => `total(iif(typeof(${column}) = 'text', octet_length(${column}), ${column}))`);
    const query = `SELECT count(*), ${sums.join()} FROM ${table.from} WHERE ${table.seq} BETWEEN ? AND ?`;
    const [values] = [...sql.exec(query, from, to).raw()];
    hash.update(`${table.name} ${columns.join()} ${JSON.stringify(values)}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}

/**
 * The messages of a range that one turn may read: the first ones, up to `maxBytes`, but one at least.
 * @returns the last of them; null: there is no message in the range
 */
export function lastWithin(
  sql: SqlStorage,
  range: SeqRange,
  maxBytes: number,
): { seq: number; bytes: number } | null {
  const bytes = new Map<number, number>();
  for (const { from, seq, name } of LOG) {
    const isText = ["messages", "message_edits"].includes(name);
    const body = isText ? ` + iif(t.${IS_MOVED}, ${MOVED_BYTES}, octet_length(t.body))` : "";
    const query = `SELECT ${seq} AS seq, total(${ROW_BYTES}${body}) AS bytes FROM ${from}
      WHERE ${seq} BETWEEN ? AND ? GROUP BY 1 ORDER BY 1`;
    for (const row of sql.exec<{ seq: number; bytes: number }>(query, range.from, range.to).toArray())
      bytes.set(row.seq, (bytes.get(row.seq) ?? 0) + row.bytes);
  }
  let last: { seq: number; bytes: number } | null = null;
  for (const seq of [...bytes.keys()].sort((a, b) => a - b)) {
    const total: number = (last?.bytes ?? 0) + (bytes.get(seq) ?? 0);
    if (last && total > maxBytes) break;
    last = { seq, bytes: total };
  }
  return last;
}

/** The rows of a range. @throws NotLoaded */
export function rowsOf(sql: SqlStorage, bodies: AllBodies, { from, to }: SeqRange): string {
  return read(sql, bodies, "BETWEEN ? AND ?", [from, to]);
}

/** The rows of some messages. @throws NotLoaded */
export function rowsOfSeqs(sql: SqlStorage, bodies: AllBodies, seqs: readonly number[]): string {
  return read(sql, bodies, "IN (SELECT value FROM json_each(?))", [JSON.stringify(seqs)]);
}

function read(sql: SqlStorage, bodies: AllBodies, condition: string, bindings: (number | string)[]): string {
  const text = new RowText();
  for (const table of LOG) {
    const { columns } = storedTable(sql, table.name);
    const shown = columns.map((name) => `t.${quotedName(name)}`).join();
    const query = `SELECT ${shown} FROM ${table.from} WHERE ${table.seq} ${condition} ORDER BY ${table.order}`;
    const rows = [...sql.exec(query, ...bindings).raw()];
    if (table.name === "messages" && bodies) takeBodies(sql, bodies, columns, rows, condition, bindings);
    text.add(table.name, columns, rows);
  }
  return text.toString();
}

/** Puts the bodies that are in archives into rows. */
function takeBodies(
  sql: SqlStorage,
  bodies: Pick<Bodies, "all">,
  columns: readonly string[],
  rows: unknown[][],
  condition: string,
  bindings: (number | string)[],
): void {
  const query = `SELECT seq, body FROM messages t WHERE seq ${condition} AND ${IS_MOVED}`;
  const moved = sql.exec<Pick<MessageRow, "seq" | "body">>(query, ...bindings).toArray();
  if (moved.length === 0) return;
  const known = new Map<unknown, string>(bodies.all(moved).map(({ seq, body }) => [seq, body]));
  const [seq, body] = [columns.indexOf("seq"), columns.indexOf("body")];
  for (const row of rows) row[body] = known.get(row[seq]) ?? row[body];
}

/** Deletes what is stored of the messages among some rows. */
export function clearMessages(sql: SqlStorage, loaded: readonly TableRows[]): void {
  const seqs = loaded
    .filter(({ table }) => table === "messages")
    .flatMap(({ columns, rows }) => rows.map((row) => row[columns.indexOf("seq")]));
  // The tables are those of the release that the rows are from.
  const isHere = new Set(storedTables(sql, []).map(({ name }) => name));
  for (const { name } of LOG.filter((table) => isHere.has(table.name)))
    sql.exec(
      `DELETE FROM ${quotedName(name)} WHERE seq IN (SELECT value FROM json_each(?))`,
      JSON.stringify(seqs),
    );
}
