/**
 * `npm run bench:crowd-viewers`: what a message costs that many look at, over relays and over one object in
 * turn: the time until the last socket has it, CPU, frames.
 *
 * Flags: `--sockets 1000,8000`, `--rates 1,10` (messages a second), `--seconds 10`, `--members 100000`,
 * `--where relays,object`. Each user has 10 sockets, as many as one may have.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { addRows } from "./crowd/member-rows.ts";
import { ServerCalls } from "./crowd/server-calls.ts";
import { Sockets } from "./crowd/sockets.ts";
import { quantile } from "./load/statistics.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine, pinGenerator, type Usage } from "./targets/machine.ts";
import { type Server, stopAll } from "./targets/process.ts";

const { values } = parseArgs({
  options: {
    sockets: { type: "string", default: "1000,8000" },
    rates: { type: "string", default: "1,10" },
    seconds: { type: "string", default: "10" },
    members: { type: "string", default: "100000" },
    where: { type: "string", default: "relays,object" },
  },
});
const Numbers = z.string().transform((list) => list.split(",").map(Number));
const [SIZES, RATES] = [Numbers.parse(values.sockets), Numbers.parse(values.rates)];
const [SECONDS, MEMBERS] = [Number(values.seconds), Number(values.members)];
const PLACES = z.array(z.enum(["relays", "object"])).parse(values.where.split(","));
const SOCKETS_OF_USER = 10;
/** An alarm follows a change, and the runtime unloads an object that was idle for 10 s. */
const [QUIET_MS, UNLOADED_MS] = [35_000, 13_000];
/** Each text has 𠮷 once, and nothing else has a character of four bytes: its first byte counts messages. */
const [MARK, TEXT] = [0xf0, `𠮷${"Hello ".repeat(13)}`];

const Group = z.object({ id: z.int() });
const Token = z.object({ token: z.string() });

const columns = ["frames a socket", "p50 until the last", "p99", "CPU ms a message", "CPU µs a delivery"];

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const lines: string[] = [];
for (const size of SIZES) for (const place of PLACES) await measure(size, place);
process.stdout.write(`${description}, ${MEMBERS.toLocaleString("en")} members\n\n`);
process.stdout.write(`| sockets | held by | messages/s | ${columns.join(" | ")} | KB a socket |\n`);
process.stdout.write(`${"| --- ".repeat(columns.length + 4)}|\n${lines.join("")}`);
process.exit(0);

/** Measures so many sockets in one place, with a server of its own. */
async function measure(size: number, place: "relays" | "object"): Promise<void> {
  const { server, key } = await startKeyedWorker({
    ...{ MAX_GROUP_MEMBERS: "200000", QUOTAS: "off", CROWD_MEMBERS: "100" },
    ...(place === "object" && { LIVE_MEMBERS: String(2 * size) }),
  });
  const calls = new ServerCalls(server.url, key);
  const users = await calls.makeUsers(1 + Math.ceil(size / SOCKETS_OF_USER));
  const [owner = 0, ...viewers] = users;
  const group = { kind: "group", name: "A crowd", owner, history: "all" };
  const { json } = await calls.call(null, "/v1/server/conversations/ext:crowd", group, "PUT");
  const { id } = Group.parse(json);
  await calls.add("ext:crowd", viewers);
  const send = () => {
    const message = { client_msg_id: randomUUID(), kind: "text", body: { text: TEXT } };
    return calls.call(owner, `/v1/conversations/${id}/messages`, message);
  };
  await send();
  await sleep(QUIET_MS + UNLOADED_MS);
  if (MEMBERS > users.length) addRows(server, id, MEMBERS - users.length);
  const tokens: string[] = [];
  for (const user of viewers)
    tokens.push(Token.parse((await calls.call(null, `/v1/server/users/${user}/tokens`, {})).json).token);

  const sockets = new Sockets(new URL(`/v1/conversations/${id}/socket`, server.url), "none", {
    mark: MARK,
    headersOf: (socket) => `Authorization: Bearer ${tokens[socket % tokens.length]}\r\n`,
  });
  const before = usage(server);
  await sockets.open(size);
  const bytes = (usage(server).residentBytes - before.residentBytes) / size;
  process.stderr.write(`${size} sockets are open, in ${place}\n`);
  // The first message wakes what slept.
  await load(server, sockets, 1, 1, send);
  for (const rate of RATES) {
    const line = row(size, place, rate, await load(server, sockets, rate, rate * SECONDS, send), bytes);
    process.stderr.write(line);
    lines.push(line);
  }
  sockets.close();
  server.stop();
}

/** Sends `count` messages, `rate` a second, and does not wait for one before the next. */
async function load(
  server: Server,
  sockets: Sockets,
  rate: number,
  count: number,
  send: () => Promise<unknown>,
): Promise<number[]> {
  sockets.reset();
  const before = usage(server);
  const start = performance.now();
  const delays = Array.from({ length: count }, async (_, index) => {
    const planned = start + (index * 1_000) / rate;
    const last = sockets.next();
    await sleep(Math.max(0, planned - performance.now()));
    const sent = send();
    const delay = (await last) - planned;
    await sent;
    return delay;
  });
  const settled = await Promise.all(delays);
  await sleep(1_500);
  const cpu = usage(server).cpuMicroseconds - before.cpuMicroseconds;
  const { frames, marks } = sockets.received;
  if (marks !== count * sockets.length) throw new Error(`${marks} messages came`);
  return [
    frames / sockets.length,
    quantile(settled, 0.5),
    quantile(settled, 0.99),
    cpu / count / 1_000,
    cpu / marks,
  ];
}

function row(size: number, place: string, rate: number, figures: readonly number[], bytes: number): string {
  const cells = [size.toLocaleString("en"), place, String(rate), ...figures.map(shown), shown(bytes / 1_000)];
  return `| ${cells.join(" | ")} |\n`;
}

function shown(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

/** @throws an Error on a system without `/proc` */
function usage(server: Server): Usage {
  const found = server.usage();
  if (!found) throw new Error("this bench needs /proc");
  return found;
}
