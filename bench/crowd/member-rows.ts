import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Server } from "../targets/process.ts";

const Names = z.array(z.object({ name: z.string() }));

/** Makes users and members of rows: copies of a user and of a member whose inbox has confirmed all. */
export function addRows(server: Server, conversation: number, count: number): void {
  const database = open(server, /D1DatabaseObject.[0-9a-f]{64}\.sqlite$/, "memberships");
  const [object] = databases(server, /.sqlite$/).filter((path) => hasTable(path, "members"));
  const group = new DatabaseSync(object ?? "", { timeout: 10_000 });
  const [{ id: from = 0 } = {}] = z
    .array(z.object({ id: z.int() }))
    .parse(database.prepare("SELECT max(id) + 1 AS id FROM users").all());
  const numbers = numbersFrom(from, count);
  copy(database, "users", numbers, "(SELECT max(id) FROM users)", "id", {
    id: "n.id",
    username: "'member.' || n.id",
    nickname: "'Member ' || n.id",
    external_id: "'member-' || n.id",
  });
  const member = `(SELECT max(user_id) FROM memberships WHERE conversation_id = ${conversation})`;
  copy(database, "memberships", numbers, member, "user_id", { user_id: "n.id" });
  const stored = "(SELECT max(user_id) FROM members WHERE state = 'active')";
  copy(group, "members", numbers, stored, "user_id", {
    user_id: "n.id",
    touched: "0",
    devices: "0",
    projected: "t.version",
  });
  copy(group, "people", numbers, "(SELECT max(user_id) FROM people)", "user_id", {
    user_id: "n.id",
    username: "'member.' || n.id",
    nickname: "'Member ' || n.id",
  });
  database.close();
  group.close();
}

/**
 * Makes users of rows, copies of the newest one, of whom the first so many are in a space.
 * @returns their ids
 */
export function addSpaceRows(
  server: Server,
  space: number,
  { users, members }: { users: number; members: number },
): number[] {
  const database = open(server, /D1DatabaseObject.[0-9a-f]{64}\.sqlite$/, "memberships");
  const { from } = z
    .object({ from: z.int() })
    .parse(database.prepare('SELECT max(id) + 1 AS "from" FROM users').get());
  const others = {
    id: "n.id",
    username: "'member.' || n.id",
    nickname: "'Member ' || n.id",
    external_id: "'member-' || n.id",
  };
  copy(database, "users", numbersFrom(from, users), "(SELECT max(id) FROM users)", "id", others);
  // Each came a second after the one before, as the newest of them now.
  database.exec(`INSERT INTO space_members (space_id, user_id, joined_at) ${numbersFrom(from, members)}
    SELECT ${space}, n.id, ${Date.now()} - (${from + members} - n.id) * 1000 FROM n`);
  database.exec(`UPDATE spaces SET member_count = member_count + ${members} WHERE id = ${space}`);
  database.close();
  return Array.from({ length: users }, (_, index) => from + index);
}

/** Has users follow a channel by rows: copies of those of a follower, who follows no other channel. */
export function addFollowerRows(
  server: Server,
  conversation: number,
  follower: number,
  { from, count }: { from: number; count: number },
): void {
  const database = open(server, /D1DatabaseObject.[0-9a-f]{64}\.sqlite$/, "memberships");
  const numbers = numbersFrom(from, count);
  const of = `(SELECT user_id FROM memberships WHERE conversation_id = ${conversation} AND user_id = ${follower})`;
  copy(database, "memberships", numbers, `${of} AND t.conversation_id = ${conversation}`, "user_id", {
    user_id: "n.id",
  });
  database.close();
  const isOf = (path: string) => hasRow(path, "members", `user_id = ${follower} AND state = 'active'`);
  const path = databases(server, /\.sqlite$/).find((one) => hasTable(one, "members") && isOf(one));
  if (path === undefined) throw new Error("no object has this follower");
  const group = new DatabaseSync(path, { timeout: 10_000 });
  copy(group, "members", numbers, String(follower), "user_id", {
    ...{ user_id: "n.id", touched: "0", devices: "0", projected: "t.version" },
  });
  copy(group, "people", numbers, String(follower), "user_id", {
    ...{ user_id: "n.id", username: "'member.' || n.id", nickname: "'Member ' || n.id" },
  });
  group.close();
}

function numbersFrom(from: number, count: number): string {
  return `WITH RECURSIVE n(id) AS (VALUES (${from}) UNION ALL SELECT id + 1 FROM n WHERE id < ${from + count - 1})`;
}

/** Copies the row of a table that has this key, once for each number, with other values in some columns. */
function copy(
  database: DatabaseSync,
  table: string,
  numbers: string,
  key: string,
  column: string,
  others: Readonly<Record<string, string>>,
): void {
  const columns = Names.parse(database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all());
  const names = columns.map(({ name }) => name);
  const selected = names.map((name) => others[name] ?? `t.${name}`);
  database.exec(`INSERT INTO ${table} (${names.join(", ")}) ${numbers}
    SELECT ${selected.join(", ")} FROM n, ${table} t WHERE t.${column} = ${key}`);
}

/** The files of databases whose paths match. */
export function databases(server: Server, pattern: RegExp): string[] {
  return readdirSync(server.state, { recursive: true, encoding: "utf8" })
    .filter((path) => pattern.test(path))
    .map((path) => join(server.state, path));
}

function open(server: Server, pattern: RegExp, table: string): DatabaseSync {
  const path = databases(server, pattern).find((one) => hasTable(one, table));
  return new DatabaseSync(path ?? "", { timeout: 10_000 });
}

function hasTable(path: string, table: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  const found = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").all(table).length > 0;
  database.close();
  return found;
}

function hasRow(path: string, table: string, condition: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  const found = database.prepare(`SELECT 1 FROM ${table} WHERE ${condition}`).all().length > 0;
  database.close();
  return found;
}
