/**
 * `npm run bench:crowd-members`: what a group with so many members costs: the memory of its object, the
 * first message after it was unloaded, a message, what members read, joins and leaves.
 *
 * The first 100 members and the last 500 come through the API. Those between are rows, in the shapes that
 * the server writes: the API calls 200 inboxes a second, twice for each new member.
 *
 * Flags: `--members 1000,10000,30000,100000`, `--messages 300`; `--api` adds all through the API; `--profile`
 * prints which functions a message and a wake take their time in.
 */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { addRows, databases } from "./crowd/member-rows.ts";
import { ServerCalls } from "./crowd/server-calls.ts";
import { quantile } from "./load/statistics.ts";
import { heapBytes, profiled } from "./report/profile.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { type Server, stopAll } from "./targets/process.ts";

const { values } = parseArgs({
  options: {
    members: { type: "string", default: "1000,10000,30000,100000" },
    messages: { type: "string", default: "300" },
    api: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
  },
});
const SIZES = values.members.split(",").map(Number);
const MESSAGES = Number(values.messages);
/** How many come through the API at first and at last. */
const [FIRST, LAST] = [100, 500];
/** The runtime unloads an object that was idle for 10 s. */
const UNLOADED_MS = 13_000;
/** For so long after a change an alarm may follow, which loads the object. */
const QUIET_MS = 35_000;

const Group = z.object({ id: z.int(), member_count: z.int() });
const Page = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullish() });
const Tables = z.object({ tables: z.array(z.object({ next: z.unknown(), rows: z.string() }).nullable()) });

/** Figures by their names, for each size. */
const rows = new Map<string, Map<number, string>>();
const profiles: string[] = [];

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
for (const size of SIZES) await measure(size);
process.stdout.write(
  `${description}\n\n| members | ${SIZES.map((size) => size.toLocaleString("en")).join(" | ")} |\n`,
);
process.stdout.write(`| --- | ${SIZES.map(() => "---").join(" | ")} |\n`);
for (const [name, figures] of rows)
  process.stdout.write(`| ${[name, ...SIZES.map((size) => figures.get(size) ?? "")].join(" | ")} |\n`);
process.stdout.write(profiles.map((table) => `\n${table}\n`).join(""));
process.exit(0);

/** Measures a group of one size, with a server of its own. */
async function measure(size: number): Promise<void> {
  const { server, key } = await startKeyedWorker(
    { MAX_GROUP_MEMBERS: "200000", QUOTAS: "off" },
    { inspector: true },
  );
  const inspector = server.inspector ?? "";
  const note = (name: string, figure: string) => {
    rows.set(name, (rows.get(name) ?? new Map<number, string>()).set(size, figure));
    process.stderr.write(`${size}: ${name}: ${figure}\n`);
  };
  const calls = new ServerCalls(server.url, key);
  const call = calls.call.bind(calls);
  /** Measures some work: time, and the CPU that the server takes until it is done with it. */
  const timed = async <Result>(
    name: string,
    work: () => Promise<Result>,
    settleMs = 1_500,
  ): Promise<Result> => {
    const before = server.usage()?.cpuMicroseconds ?? 0;
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    await sleep(settleMs);
    const cpu = ((server.usage()?.cpuMicroseconds ?? 0) - before) / 1_000;
    note(name, `${shown(ms)} ms, CPU ${shown(cpu)}`);
    return result;
  };
  const profile = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    if (!values.profile) return work();
    const { result, table } = await profiled(server, work);
    profiles.push(`${name}, ${size} members\n\n${table}`);
    return result;
  };

  // The group.
  const [owner = 0, ...first] = await calls.makeUsers(Math.min(size, FIRST));
  const put = { kind: "group", name: "A crowd", owner, history: "all", join_policy: "free" };
  const { id } = Group.parse((await call(null, "/v1/server/conversations/ext:crowd", put, "PUT")).json);
  const group = `/v1/conversations/${id}`;
  const add = (ids: readonly number[]) => calls.add("ext:crowd", ids);
  const post = (as: number, further: object = {}) =>
    call(as, `${group}/messages`, {
      client_msg_id: randomUUID(),
      kind: "text",
      body: { text: "Hello" },
      ...further,
    });
  const count = async () =>
    Group.parse((await call(null, "/v1/server/conversations/ext:crowd")).json).member_count;
  await add(first);
  await post(owner);
  if (size > FIRST + LAST) {
    if (values.api) {
      const users = await calls.makeUsers(size - FIRST - LAST);
      await timed(`add ${users.length} through the API`, () => add(users), 30_000);
    } else {
      await sleep(QUIET_MS + UNLOADED_MS);
      addRows(server, id, size - FIRST - LAST);
      await sleep(UNLOADED_MS);
    }
  }
  const last = size > FIRST ? await calls.makeUsers(LAST) : first.slice(0, LAST);
  const [reader = 0, writer = 0, leaver = 0, removed = 0, named = 0] = last;
  const joiners = await calls.makeUsers(1);
  if (size > FIRST) {
    if ((await count()) !== size - LAST) throw new Error(`the object has ${await count()} members`);
    await timed("add 500 members", () => add(last), 15_000);
  }
  await sleep(QUIET_MS + UNLOADED_MS);

  // What the room takes.
  const resident = () => server.usage()?.residentBytes ?? 0;
  const noteHeap = async (when: string) => {
    const bytes = await heapBytes(inspector);
    if (bytes !== undefined) note(`heap of the isolate ${when}, MB`, shown(bytes / 1e6));
  };
  await noteHeap("before the first message");
  const memory = resident();
  await timed("first message, unloaded", () => post(owner), 3_000);
  await noteHeap("after it");
  note("resident, + MB", shown((resident() - memory) / 1e6));
  await timed("second message", () => post(owner));

  // Messages.
  const sendMany = async (tells: boolean) => {
    const before = server.usage()?.cpuMicroseconds ?? 0;
    const times: number[] = [];
    for (let i = 0; i < MESSAGES; i++) {
      const start = performance.now();
      await post(writer);
      times.push(performance.now() - start);
    }
    const cpu = (server.usage()?.cpuMicroseconds ?? 0) - before;
    if (!tells) return;
    note("a message, p50", `${shown(quantile(times, 0.5))} ms`);
    note("a message, p99", `${shown(quantile(times, 0.99))} ms`);
    note("a message, CPU", `${shown(cpu / MESSAGES / 1_000)} ms`);
  };
  await sendMany(true);
  if (values.profile) await profile("messages", () => sendMany(false));
  const started = Date.now();
  await sleep(UNLOADED_MS);
  await post(writer, { mentions: [named] });
  await sleep(4_000);
  note(
    "inboxes called for a message that names one",
    String(writtenInboxes(server, started + UNLOADED_MS - 500)),
  );

  // What members read and do.
  await timed("page of members, first", () => call(reader, `${group}/members?limit=100`));
  const cursor = await timed("to the last page, 10 pages before", () =>
    lastCursor(call, reader, group, size),
  );
  await timed("page of members, last", () =>
    call(reader, `${group}/members?limit=100${cursor === undefined ? "" : `&cursor=${cursor}`}`),
  );
  await timed("members by name: one of the last", () =>
    call(reader, `${group}/members?q=${encodeURIComponent(`member.${last.at(-1)}`)}`),
  );
  await timed("members by name: nobody", () => call(reader, `${group}/members?q=nobody`));
  await timed("the conversation", () => call(reader, group));
  await timed("a list", () => call(reader, "/v1/conversations"));
  await timed("100 messages", () => call(reader, `${group}/messages?limit=100`));
  await timed("read up to the end", () => call(reader, `${group}/read`, {}, "PUT").catch(() => undefined));
  note("receipts, bytes", String((await timed("receipts", () => call(reader, `${group}/receipts`))).bytes));
  await timed("a join", () => call(joiners[0] ?? 0, `${group}/join`, {}));
  await timed("a leave", () => call(leaver, `${group}/leave`, {}));
  await timed("a removal", () => call(owner, `${group}/members/${removed}`, undefined, "DELETE"));
  await timed("another name", () => call(owner, group, { name: "The crowd" }, "PATCH"));
  const parts = await timed("the tables for a backup", () => backup(call, id));
  note("parts of the backup", `${parts.count}, ${shown(parts.bytes / 1e6)} MB`);
  await sleep(60_000);
  await profile("the first message after a minute", () =>
    timed("first message after a minute", () => post(writer), 5_000),
  );
  await profile("a message that names all", () =>
    timed("@all, the first 20 s", () => post(owner, { mentions: "all" }), 20_000),
  );
  await noteHeap("at the end");
  note("resident at the end, MB", shown(resident() / 1e6));
  server.stop();
}

type Call = ServerCalls["call"];

/** Reads up to 10 pages. @returns the cursor of the last page, which is made from its position */
async function lastCursor(call: Call, as: number, group: string, size: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let page = 0; page < Math.min(10, size / 100 - 1); page++) {
    const path = `${group}/members?limit=100${cursor === undefined ? "" : `&cursor=${cursor}`}`;
    cursor = Page.parse((await call(as, path)).json).next_cursor ?? undefined;
  }
  return cursor;
}

/** Reads all tables of the object but its log, as `npm run backup` does. */
async function backup(call: Call, id: number): Promise<{ count: number; bytes: number }> {
  let place: unknown = null;
  let [count, bytes] = [0, 0];
  do {
    const read = { what: "tables", kind: "conversation", items: [{ id: String(id), place }] };
    const [part] = Tables.parse((await call(null, "/v1/server/backup/read", read)).json).tables;
    place = part?.next ?? null;
    count++;
    bytes += part?.rows.length ?? 0;
  } while (place !== null);
  return { count, bytes };
}

/** The inboxes whose databases were written since then (ms since 1970). */
function writtenInboxes(server: Server, since: number): number {
  const written = databases(server, /[Ii]nbox.*\.sqlite(-wal)?$/).filter(
    (path) => statSync(path).mtimeMs > since,
  );
  return new Set(written.map((path) => path.replace(/-wal$/, ""))).size;
}

function shown(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}
