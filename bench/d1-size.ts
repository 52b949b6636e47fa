/**
 * `npm run bench:d1-size`: how many bytes of D1 a row of each table takes with its indexes. It fills a server
 * through its public API, and reads the pages of its database twice: the difference is what further rows
 * take.
 *
 * Flag: `--rows 3000`, of the larger kinds.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine } from "./targets/machine.ts";

const { values } = parseArgs({ options: { rows: { type: "string", default: "3000" } } });
const ROWS = Number(values.rows);
/** A password takes 0.12 s of CPU, and a file or a conversation an object or more. */
const [FEWER, FEWEST] = [Math.ceil(ROWS / 3), Math.ceil(ROWS / 10)];
const [BATCH, MEMBERS, AT_ONCE] = [100, 10, 4];
/** Ids of a large deployment take more bytes than those of a new one. */
const LARGE_ID = 5_000_000;
/** A prime, so that steps of it reach all users. */
const STRIDE = 7_919;
const BROWSER =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

const Id = z.object({ id: z.int() });
const Made = z.object({ items: z.array(Id) });
const Uploaded = z.object({ url: z.string() });
const Sizes = z.array(z.object({ table: z.string(), bytes: z.int(), indexes: z.int() }));

const { server, key } = await startKeyedWorker();
try {
  const database = openDatabase();
  database.exec(`INSERT INTO sqlite_sequence (name, seq) VALUES ('conversations', ${LARGE_ID})`);
  database.exec(`UPDATE sqlite_sequence SET seq = ${LARGE_ID} WHERE name = 'users'`);
  console.log(machine());
  console.log("\n| rows | of | bytes a row | of which indexes |\n| --- | --- | --- | --- |");
  const users: number[] = [];
  const directs: number[] = [];
  await measured(database, "users of a backend", ROWS, async (from, to) => {
    for (let at = from; at < to; at += BATCH) {
      const items = range(at, Math.min(at + BATCH, to)).map((i) => ({
        external_id: randomUUID(),
        nickname: `User ${i}`,
      }));
      users.push(...Made.parse(await call(null, "/v1/server/users", { items })).items.map(({ id }) => id));
    }
  });
  await measured(database, "registered, signed in once", FEWEST, (from, to) =>
    each(range(from, to), async (i) => {
      const body = { username: `anna.k${i}`, nickname: `User ${i}`, password: `a horse ${randomUUID()}` };
      await call(null, "/v1/register", { ...body, email: `anna.k${i}@example.com` });
    }),
  );
  const user = (i: number) => users[i % users.length] ?? 0;
  /** Another user, as at random: neighbours in an index come at different times. */
  const other = (i: number) => user(i * STRIDE + 1);
  await measured(database, "sign-ins by a backend", ROWS, (from, to) =>
    each(range(from, to), (i) => call(null, `/v1/server/users/${user(i)}/tokens`, { refresh: true })),
  );
  await measured(database, "direct conversations", FEWER, (from, to) =>
    each(range(from, to), async (i) => {
      const body = { kind: "direct", user_id: other(i + 1) };
      directs[i] = Id.parse(await call(other(i), "/v1/conversations", body)).id;
    }),
  );
  await measured(database, "groups of 10", FEWEST, (from, to) =>
    each(range(from, to), async (i) => {
      const others = range(1, MEMBERS).map((j) => other(i * MEMBERS + j));
      const body = { kind: "group", name: `Group of project ${i}`, member_ids: others };
      await call(other(i * MEMBERS), "/v1/conversations", body);
    }),
  );
  await measured(database, "files in a message, reports", FEWER, async (from, to) => {
    await each(range(from, to), async (i) => {
      const path = "/v1/files?name=IMG_20261130_181233.jpg";
      const { url } = Uploaded.parse(await call(other(i), path, randomBytes(100)));
      const shown = { kind: "file", body: { url, name: "IMG_20261130_181233.jpg", size: 100 } };
      const of = `/v1/conversations/${directs[i]}/messages`;
      await call(other(i), of, { client_msg_id: randomUUID(), ...shown });
      const report = { user_id: other(i + 7), reason: "spam", note: "again and again" };
      await call(other(i), "/v1/reports", report);
    });
    while (rowsOf(database, "file_references") < to) await setTimeout(100);
  });
  // Last: a block would keep users out of groups.
  await measured(database, "friendships, requests, blocks", FEWER, (from, to) =>
    each(range(from, to), async (i) => {
      await call(other(i), `/v1/friends/${other(i + 1)}`, undefined, "PUT");
      await call(other(i + 1), `/v1/friends/${other(i)}`, undefined, "PUT");
      await call(other(i), `/v1/friends/${other(i + 3)}`, undefined, "PUT");
      await call(other(i), `/v1/blocks/${other(i + 5)}`, undefined, "PUT");
    }),
  );
  database.close();
} finally {
  server.stop();
}

/** Makes a third of so many, then the others, and prints what the others take in each table. */
async function measured(
  database: DatabaseSync,
  what: string,
  count: number,
  make: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  const third = Math.ceil(count / 3);
  await make(0, third);
  const before = sizes(database);
  await make(third, count);
  for (const [table, now] of sizes(database)) {
    const { rows = 0, bytes = 0, indexes = 0 } = before.get(table) ?? {};
    const added = now.rows - rows;
    // Fewer are by the way.
    if (added < (count - third) / 2) continue;
    const [all, ofIndexes] = [(now.bytes - bytes) / added, (now.indexes - indexes) / added];
    console.log(`| ${what} | \`${table}\` | ${Math.round(all)} | ${Math.round(ofIndexes)} |`);
  }
}

/** Rows of each table, its bytes with those of its indexes, and the latter alone. */
function sizes(database: DatabaseSync) {
  const found = Sizes.parse(
    database
      .prepare(
        `SELECT s.tbl_name AS "table", sum(d.pgsize) AS bytes, sum(d.pgsize * (s.type = 'index')) AS indexes
         FROM dbstat d JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY s.tbl_name`,
      )
      .all(),
  );
  return new Map(found.map(({ table, ...of }) => [table, { ...of, rows: rowsOf(database, table) }]));
}

function rowsOf(database: DatabaseSync, table: string): number {
  return z.object({ rows: z.int() }).parse(database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get())
    .rows;
}

/** The database of the server, which runs. */
function openDatabase(): DatabaseSync {
  const name = readdirSync(server.state, { recursive: true, encoding: "utf8" }).find((one) =>
    /D1DatabaseObject.[0-9a-f]{64}\.sqlite$/.test(one),
  );
  return new DatabaseSync(join(server.state, name ?? ""), { timeout: 10_000 });
}

/** A call with the key of the bench, as a user if one is named. */
async function call(as: number | null, path: string, body?: object, method = "POST"): Promise<unknown> {
  const isBytes = body instanceof Uint8Array;
  const answer = await fetch(server.url + path, {
    method,
    headers: {
      ...(path.startsWith("/v1/register") ? {} : { Authorization: `Bearer ${key}` }),
      ...(as !== null && { "Parley-User": String(as) }),
      ...(body && { "Content-Type": isBytes ? "image/jpeg" : "application/json" }),
      "User-Agent": BROWSER,
    },
    ...(body && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
