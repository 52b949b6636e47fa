/**
 * `npm run bench:crowd-list`: what a list costs that has crowds in it, which are asked as it is read: first
 * page, all pages and unread counts, with no crowd and with 50 among so many conversations.
 *
 * Flags: `--conversations 1000`, `--crowds 0,50`, `--rounds 20`.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ServerCalls } from "./crowd/server-calls.ts";
import { quantile } from "./load/statistics.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { stopAll } from "./targets/process.ts";

const { values } = parseArgs({
  options: {
    conversations: { type: "string", default: "1000" },
    crowds: { type: "string", default: "0,50" },
    rounds: { type: "string", default: "20" },
  },
});
const [CONVERSATIONS, ROUNDS] = [Number(values.conversations), Number(values.rounds)];
/** A group of more members is a crowd here. */
const CROWD_MEMBERS = 4;
/** The runtime unloads an object that was idle for 10 s; an alarm may load it some 30 s after a change. */
const ALL_UNLOADED_MS = 50_000;

const Group = z.object({ id: z.int() });
const Page = z.object({
  items: z.array(z.object({ last_seq: z.int(), stale: z.boolean().optional() })),
  next_cursor: z.string().nullish(),
});

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const lines: string[] = [];
for (const crowds of values.crowds.split(",").map(Number)) lines.push(...(await measure(crowds)));
process.stdout.write(`${description}, ${CONVERSATIONS} conversations\n\n`);
process.stdout.write("| crowds | read | objects | p50, ms | p99, ms | CPU, ms |\n");
process.stdout.write(`${"| --- ".repeat(6)}|\n${lines.join("")}`);
process.exit(0);

/** Measures a list of which so many conversations are crowds, with a server of its own. @returns rows */
async function measure(crowds: number): Promise<string[]> {
  const settings = { CROWD_MEMBERS: String(CROWD_MEMBERS), QUOTAS: "off" };
  const { server, key } = await startKeyedWorker(settings);
  const calls = new ServerCalls(server.url, key);
  const [reader = 0, owner = 0, ...others] = await calls.makeUsers(2 + CROWD_MEMBERS);
  const place = (index: number) => Math.floor((index * crowds) / CONVERSATIONS);
  for (let index = 0; index < CONVERSATIONS; index++) {
    // They are spread evenly over the list.
    const isCrowd = place(index + 1) > place(index);
    const cref = `ext:group-${index}`;
    const group = { kind: "group", name: `Group ${index}`, owner };
    const { json } = await calls.call(null, `/v1/server/conversations/${cref}`, group, "PUT");
    await calls.add(cref, isCrowd ? [reader, ...others] : [reader]);
    const message = { client_msg_id: randomUUID(), kind: "text", body: { text: "Hello" } };
    await calls.call(owner, `/v1/conversations/${Group.parse(json).id}/messages`, message);
    if (index % 100 === 99) process.stderr.write(`${index + 1} conversations, ${crowds} crowds in all\n`);
  }
  /** @throws an Error unless the page knows the newest message of all, its second */
  const page = async (cursor?: string) => {
    const query = cursor === undefined ? "" : `&cursor=${cursor}`;
    const read = Page.parse((await calls.call(reader, `/v1/conversations?limit=100${query}`)).json);
    if (read.items.some(({ last_seq, stale }) => stale || last_seq < 2)) throw new Error("a list is stale");
    return read;
  };
  const reads = {
    "first 100": () => page(),
    "all pages": async () => {
      let count = 0;
      let cursor: string | undefined;
      do {
        const { items, next_cursor } = await page(cursor);
        count += items.length;
        cursor = next_cursor ?? undefined;
      } while (cursor !== undefined);
      if (count !== CONVERSATIONS) throw new Error(`the list has ${count} conversations`);
    },
    unread: () => calls.call(reader, "/v1/me/unread"),
  };
  const cpu = () => (server.usage()?.cpuMicroseconds ?? 0) / 1_000;
  const rows: string[] = [];
  const measured = async (name: string, objects: string, rounds: number, read: () => Promise<unknown>) => {
    const before = cpu();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      await read();
      times.push(performance.now() - start);
    }
    const figures = [quantile(times, 0.5), quantile(times, 0.99), (cpu() - before) / rounds];
    rows.push(`| ${[crowds, name, objects, ...figures.map((value) => value.toFixed(1))].join(" | ")} |\n`);
    process.stderr.write(rows.at(-1) ?? "");
  };
  for (const [name, read] of Object.entries(reads)) {
    await sleep(ALL_UNLOADED_MS);
    await measured(name, "unloaded", 1, read);
    await measured(name, "awake", ROUNDS, read);
  }
  server.stop();
  return rows;
}
