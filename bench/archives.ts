/**
 * `npm run bench:archives`: a conversation whose old bodies are in archives of 16 MB, beside one of 5,000
 * messages on the same server. It prints what they store, how fast bodies move, and what calls take: each
 * call of the large conversation is followed by the same one of the small conversation.
 *
 * Flags: `--messages 300000`, `--small 5000`, `--repeats 200`
 */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { z } from "zod";
import { Person } from "../scripts/support/person.ts";
import { ROOT } from "../scripts/support/wrangler.ts";
import { databases } from "./crowd/member-rows.ts";
import { chinese } from "./load/chinese.ts";
import { quantile } from "./load/statistics.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { stopAll } from "./targets/process.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "300000" },
    small: { type: "string", default: "5000" },
    repeats: { type: "string", default: "200" },
  },
});
const [LARGE, SMALL, REPEATS] = [values.messages, values.small, values.repeats].map(Number);
const IN_FLIGHT = 512;
/** Each so many messages one has this word. */
const RARE = { word: "quagga", every: 250 };
/** The first message alone has this word. */
const FIRST = "zebra";

const Frame = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });
const Search = z.object({ items: z.array(z.unknown()), next_before: z.int().nullable() });
const Archiving = z.object({ target_seq: z.int(), copied_seq: z.int(), cleared_seq: z.int() });

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const { server } = await startKeyedWorker(
  { ARCHIVE_MIB: "4", QUOTAS: "off" },
  { entry: join(ROOT, "bench/alone/small-archives.ts") },
);
const ann = await Person.register(server.url, "ann");
const rooms = [];
for (const count of [SMALL, LARGE]) {
  const { id } = await ann.openGroup(`${count} messages`, []);
  const begun = performance.now();
  await fill(id, count ?? 0);
  const seconds = (performance.now() - begun) / 1_000;
  note(`${count} messages sent`, `${seconds.toFixed(0)} s`);
  rooms.push({ id, count: count ?? 0 });
}
const [small, large] = rooms;
if (!small || !large) throw new Error("two rooms are made");

// A send has the size looked at, and the rest of the bodies move.
const begun = performance.now();
const sentMeanwhile: number[] = [];
for (let state = archiving(); !isMoved(state); state = archiving()) {
  sentMeanwhile.push(await timed(() => post(large.id, "Hello")));
  await sleep(20);
}
note(
  "until all but the newest had moved, behind the last",
  `${((performance.now() - begun) / 1_000).toFixed(0)} s`,
);
note("a send meanwhile, p50 and p99", shown(sentMeanwhile));
await sleep(15_000);

const stored = databases(server, /\.sqlite$/).filter((path) => statSync(path).size > 1_000_000);
for (const path of stored) note(contentOf(path), `${(statSync(path).size / 1e6).toFixed(1)} MB`);

type Room = typeof large;
const anywhere = ({ count }: Room) => Math.floor(Math.random() * Math.max(1_000, count - 30_000));
const compared: [string, (room: Room) => Promise<unknown>][] = [
  ["send", ({ id }) => post(id, "Hello")],
  ["the newest 100", ({ id }) => get(id, "?limit=100")],
  ["100 from anywhere among the old", (room) => get(room.id, `?limit=100&after=${anywhere(room)}`)],
  ["an old message", (room) => get(room.id, `/${anywhere(room) + 1}`)],
  [`search "${RARE.word}", 20 hits`, ({ id }) => get(id, `/search?q=${RARE.word}&limit=20`)],
  [
    `the same from the middle on`,
    ({ id, count }) => get(id, `/search?q=${RARE.word}&limit=20&before=${Math.ceil(count / 2)}`),
  ],
  [`search "${FIRST}", which the first message has, to the end`, ({ id }) => searchAll(id, FIRST)],
  ["sync of the last 100", ({ id, count }) => sync(id, count - 100)],
  ["sync of 100 old ones", (room) => sync(room.id, anywhere(room))],
];
process.stdout.write(
  `${description}\n\n| call | archives, p50 / p99, ms | small, p50 / p99, ms | ratio of p50 |\n`,
);
process.stdout.write("| --- | --- | --- | --- |\n");
for (const [name, call] of compared) {
  const [ofLarge, ofSmall]: [number[], number[]] = [[], []];
  for (let i = -5; i < (REPEATS ?? 0); i++) {
    const [one, other] = [await timed(() => call(large)), await timed(() => call(small))];
    if (i < 0) continue;
    ofLarge.push(one);
    ofSmall.push(other);
  }
  const ratio = quantile(ofLarge, 0.5) / quantile(ofSmall, 0.5);
  process.stdout.write(`| ${name} | ${shown(ofLarge)} | ${shown(ofSmall)} | ${ratio.toFixed(2)} |\n`);
}
process.exit(0);

/** Sends messages over a room socket, with some in flight. */
async function fill(id: number, count: number): Promise<void> {
  const socket = new WebSocket(ann.roomUrl(id, {}), { headers: { Authorization: `Bearer ${ann.token}` } });
  let [sent, acked] = [0, 0];
  const next = () => {
    for (; sent < count && sent - acked < IN_FLIGHT; sent++) {
      const word = sent === 0 ? FIRST : sent % RARE.every === 0 ? RARE.word : "";
      const text = `${chinese().slice(0, 14)} ${word}`.trim();
      socket.send(
        JSON.stringify({ type: "send", client_msg_id: randomUUID(), kind: "text", body: { text } }),
      );
    }
  };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`the socket was closed with ${code}`)));
    socket.on("message", (data) => {
      if (String(data) === "pong") return;
      const { type, items } = Frame.parse(JSON.parse(String(data)));
      if (type === "error") reject(new Error(String(data)));
      const before = acked;
      acked += type === "ack" ? 1 : type === "acks" ? (items?.length ?? 0) : 0;
      if (Math.floor(before / 1_000) < Math.floor(acked / 1_000)) socket.send("ping");
      if (acked >= count) resolve();
      else next();
    });
    socket.on("open", next);
  });
  socket.terminate();
}

/** Opens a room socket behind a position, until it has the page. */
async function sync(id: number, after: number): Promise<void> {
  const url = ann.roomUrl(id, { after: { seq: after, rev: 0 } });
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${ann.token}` } });
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      if (["messages", "synced"].includes(Frame.parse(JSON.parse(String(data))).type)) resolve();
    });
  });
  socket.terminate();
}

function get(id: number, path: string): Promise<unknown> {
  return ann.call("GET", `/v1/conversations/${id}/messages${path}`);
}

function post(id: number, text: string): Promise<unknown> {
  const body = { kind: "text", client_msg_id: randomUUID(), body: { text } };
  return ann.call("POST", `/v1/conversations/${id}/messages`, body);
}

/** Follows the pages of a search to their end. @throws an Error unless it finds one message */
async function searchAll(id: number, word: string): Promise<void> {
  let found = 0;
  for (let before = ""; ; ) {
    const { items, next_before } = Search.parse(await get(id, `/search?q=${word}${before}`));
    found += items.length;
    if (next_before === null) break;
    before = `&before=${next_before}`;
  }
  if (found !== 1) throw new Error(`${found} messages were found`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** How far the move of the large conversation is. */
function archiving(): z.infer<typeof Archiving> {
  const all = databases(server, /\.sqlite$/).flatMap((path) =>
    rowsOf(path, "archiving", "SELECT * FROM archiving"),
  );
  return all.map((row) => Archiving.parse(row)).reduce((a, b) => (a.target_seq > b.target_seq ? a : b));
}

function isMoved({ target_seq, cleared_seq }: z.infer<typeof Archiving>): boolean {
  return cleared_seq === target_seq && target_seq > Math.max(0, (LARGE ?? 0) - 30_000);
}

/** What a database has. */
function contentOf(path: string): string {
  const count = "SELECT count(*) AS n, max(seq) AS seq FROM";
  const [messages] = rowsOf(path, "messages", `${count} messages`);
  const [bodies] = rowsOf(path, "bodies", `${count} bodies`);
  const Count = z.object({ n: z.int(), seq: z.int() });
  if (messages) return `the conversation of ${Count.parse(messages).n} messages`;
  return bodies
    ? `the archive of ${Count.parse(bodies).n} bodies up to ${Count.parse(bodies).seq}`
    : "another";
}

function rowsOf(path: string, table: string, query: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table);
    return isThere ? database.prepare(query).all() : [];
  } finally {
    database.close();
  }
}

function note(name: string, figure: string): void {
  process.stdout.write(`${name}: ${figure}\n`);
}

function shown(times: readonly number[]): string {
  return [0.5, 0.99].map((share) => quantile(times, share).toFixed(1)).join(" / ");
}
