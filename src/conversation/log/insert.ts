import type { NewMessageRow } from "./row.ts";

/** The columns that every sent message has. */
const USUAL_COLUMNS = [
  ...(["seq", "n", "sender_id", "kind", "body"] as const),
  ...(["client_msg_id", "in_main", "created_at"] as const),
];
/** The columns that are null in most messages. */
const SELDOM_COLUMNS = [
  ...(["quote_seq", "mentions", "also_mentioned", "forwarded", "client_time", "priority"] as const),
  ...(["custom_data", "metadata", "silent", "tip", "place"] as const),
  ...(["thread_root", "thread_n", "main_before", "poll", "shadowed", "hook"] as const),
  ...(["link_preview", "buttons", "role_mentions"] as const),
];
const ALL_COLUMNS = [...USUAL_COLUMNS, ...SELDOM_COLUMNS];
const INSERT = insertOf(ALL_COLUMNS, `VALUES (${ALL_COLUMNS.map(() => "?").join()})`);
/**
 * The insert of several messages in a row. Bindings: seq and n of the first, the time of all, and for each a
 * JSON array of what differs.
 */
const INSERT_SEVERAL = insertOf(
  ["seq", "n", "created_at", "in_main", "sender_id", "kind", "body", "client_msg_id"],
  "SELECT ? + key, ? + key, ?, 1, value->>0, value->>1, value->>2, value->>3 FROM json_each(?) WHERE TRUE",
);

/** The most UTF-16 units of that array: SQLite takes texts of 2 MB. */
const MAX_SEVERAL = 512 * 1024;

/** The insert of messages, which leaves out those whose sender has used the client message id before. */
function insertOf(columns: readonly (keyof NewMessageRow)[], values: string): string {
  return `INSERT INTO messages (${columns.join()}) ${values}
    ON CONFLICT (sender_id, client_msg_id) WHERE client_msg_id IS NOT NULL DO NOTHING`;
}

/** Whether a message has no columns but the usual ones. */
function isUsual(row: NewMessageRow): boolean {
  return SELDOM_COLUMNS.every((column) => row[column] === null);
}

/**
 * Stores a message.
 * @returns false if its sender has used the client message id before: nothing is stored then
 */
export function insertMessage(sql: SqlStorage, row: NewMessageRow): boolean {
  return sql.exec(INSERT, ...ALL_COLUMNS.map((column) => row[column])).rowsWritten > 0;
}

/**
 * Stores messages that follow each other in the main stream, of one time, by one statement: in half of the
 * time that one `insertMessage` for each takes.
 * @returns false if one of them is a repeat, or has more than the usual columns, or all are too large
 *   together: some of them may be stored then
 */
export function insertMessages(sql: SqlStorage, rows: readonly NewMessageRow[]): boolean {
  const [first] = rows;
  if (!first || !rows.every(isUsual)) return false;
  const values = JSON.stringify(rows.map((row) => [row.sender_id, row.kind, row.body, row.client_msg_id]));
  if (values.length > MAX_SEVERAL) return false;
  sql.exec(INSERT_SEVERAL, first.seq, first.n, first.created_at, values);
  return sql.exec<{ stored: number }>("SELECT changes() AS stored").one().stored === rows.length;
}
