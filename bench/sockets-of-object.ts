/**
 * `npm run bench:sockets-of-object`: what one Durable Object can write to how many hibernatable sockets:
 * frames a second, the time until the last socket has a frame, CPU for each delivery, memory and open files
 * of idle sockets, and how long it takes to wake from hibernation with them.
 *
 * Flags: `--sockets 1000,4000,8000 --rates 1,2,4,8 --seconds 5 --rounds 3 --bytes 300`; `--kinds` besides
 * plain text, at the last rate: `binary` (an ArrayBuffer), `chinese` (a text of as many bytes), `batch` (once
 * a second the messages of a second in one frame); `--compression offered`, as sockets of browsers have it,
 * `declined` or `no-context`.
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { compressions, Sockets } from "./crowd/sockets.ts";
import { median, quantile } from "./load/statistics.ts";
import { busyMicroseconds, machine, pinGenerator, type Usage } from "./targets/machine.ts";
import { type Server, startWorker, stopAll } from "./targets/process.ts";

const text = (value: string) => ({ type: "string", default: value }) as const;
const { values } = parseArgs({
  options: {
    sockets: text("1000,4000,8000"),
    rates: text("1,2,4,8"),
    kinds: text("binary,chinese,batch"),
    seconds: text("5"),
    rounds: text("3"),
    bytes: text("300"),
    compression: text("none"),
  },
});
const Numbers = z.string().transform((list) => list.split(",").map(Number));
const Kind = z.enum(["text", "binary", "chinese", "batch"]);
type Kind = z.infer<typeof Kind>;
const [SIZES, RATES] = [Numbers.parse(values.sockets), Numbers.parse(values.rates)];
const KINDS = values.kinds === "" ? [] : z.array(Kind).parse(values.kinds.split(","));
const compression = z.enum(compressions).parse(values.compression);
const [SECONDS, ROUNDS, BYTES] = [Number(values.seconds), Number(values.rounds), Number(values.bytes)];

/** Sockets that are open before memory is measured, so that what the first ones bring does not count. */
const FIRST = 100;
/** The runtime lets an object hibernate when it was idle for 10 s. */
const HIBERNATED_MS = 12_000;

const Answer = z.object({ isNew: z.boolean(), sockets: z.int() });
/** Figures of one round, by their name. */
type Figures = Record<string, number | undefined>;
/** The rounds of each row of a table. */
type Rows = Map<string, Figures[]>;
const [loads, footprints, wakes]: [Rows, Rows, Rows] = [new Map(), new Map(), new Map()];

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
for (let round = 0; round < ROUNDS; round++) {
  for (const size of SIZES) await measure(size);
  process.stderr.write(`round ${round + 1} of ${ROUNDS} is over\n`);
}
process.stdout.write(`${description}\n${ROUNDS} rounds of ${SECONDS} s, medians\n\n`);
print("sockets", footprints);
print("sockets | frame | messages/s", loads);
print("sockets | call", wakes);
process.exit(0);

/** One round with so many sockets, with a server of its own: what one leaves in memory burdens no other. */
async function measure(size: number): Promise<void> {
  const server = await startWorker(join(import.meta.dirname, "wrangler.relay.toml"), {});
  const sockets = new Sockets(new URL("/socket", server.url), compression);
  await sockets.open(FIRST);
  await broadcast(server, sockets, "text", 1, performance.now());
  const before = usage(server);
  const start = performance.now();
  await sockets.open(size);
  const opened = performance.now() - start;
  const after = usage(server);
  const perSocket = (bytes: number) => (bytes - before.residentBytes) / (size - FIRST);
  const footprint: Figures = {
    "opened/s": ((size - FIRST) / opened) * 1_000,
    "CPU µs to open": (after.cpuMicroseconds - before.cpuMicroseconds) / (size - FIRST),
    "bytes, opened": perSocket(after.residentBytes),
  };
  await sleep(HIBERNATED_MS);
  footprint["bytes, hibernated"] = perSocket(usage(server).residentBytes);
  note(wakes, `${size} | nothing but the answer`, await wake(server, "/list?times=0"));
  note(wakes, `${size} | list of the sockets`, await wake(server, "/list?times=1"));
  note(wakes, `${size} | list with attachments`, await wake(server, "/list?times=1&attachments"));
  note(wakes, `${size} | a frame to all`, await wake(server, "/frame", sockets));
  footprint["bytes, after a frame"] = perSocket(usage(server).residentBytes);
  for (const rate of RATES)
    note(loads, `${size} | text | ${rate}`, await load(server, sockets, "text", rate));
  const last = RATES.at(-1) ?? 1;
  for (const kind of KINDS)
    note(loads, `${size} | ${kind} | ${last}`, await load(server, sockets, kind, last));
  footprint["bytes, after the load"] = perSocket(usage(server).residentBytes);
  footprint["open files"] = server.usage()?.openFiles;
  note(footprints, `${size}`, footprint);
  sockets.close();
  server.stop();
}

/** Sends so many messages a second, and does not wait for one before the next. */
async function load(server: Server, sockets: Sockets, kind: Kind, rate: number): Promise<Figures> {
  const period = kind === "batch" ? 1_000 : 1_000 / rate;
  const count = Math.round((SECONDS * 1_000) / period);
  const messages = kind === "batch" ? rate : 1;
  sockets.reset();
  const [before, busyBefore, ownBefore] = [usage(server), busyMicroseconds(), process.cpuUsage()];
  const start = performance.now();
  const delays: Promise<number>[] = [];
  for (let index = 0; index < count; index++) {
    const planned = start + index * period;
    await sleep(Math.max(0, planned - performance.now()));
    delays.push(broadcast(server, sockets, kind, messages, planned));
  }
  await sleep(Math.max(0, start + count * period - performance.now()));
  const elapsed = (performance.now() - start) * 1_000;
  const { user, system } = process.cpuUsage(ownBefore);
  const busy = (busyMicroseconds() ?? Number.NaN) - (busyBefore ?? Number.NaN);
  const own = usage(server).cpuMicroseconds - before.cpuMicroseconds;
  const reached = sockets.received.frames;
  const settled = await Promise.all(delays);
  const { frames, bytes } = sockets.received;
  const cpu = usage(server).cpuMicroseconds - before.cpuMicroseconds;
  return {
    "frames/s asked": (sockets.length * 1_000) / period,
    reached: (reached / elapsed) * 1e6,
    "p50 until the last, ms": quantile(settled, 0.5),
    p99: quantile(settled, 0.99),
    "CPU µs/frame": cpu / frames,
    "CPU µs/message": cpu / frames / messages,
    "bytes/frame": bytes / frames,
    "server's core, %": (own / elapsed) * 100,
    "generator's core, %": ((user + system) / elapsed) * 100,
    "others, %": ((busy - own - user - system) / elapsed / cpus().length) * 100,
  };
}

/**
 * Has a frame sent to all.
 * @param since when it was due, in ms of `performance.now()`
 * @returns ms until the last socket has it
 */
async function broadcast(server: Server, sockets: Sockets, kind: Kind, messages: number, since: number) {
  const last = sockets.next();
  await ask(server, kind === "binary" ? "/frame?as=binary" : "/frame", frameOf(kind, messages));
  return (await last) - since;
}

/** Calls the object after it has hibernated, and once more while it is awake. */
async function wake(server: Server, path: string, sockets?: Sockets): Promise<Figures> {
  await sleep(HIBERNATED_MS);
  const figures: Figures = {};
  for (const state of ["hibernated", "awake"]) {
    const before = usage(server);
    const last = sockets?.next();
    const start = performance.now();
    const { isNew } = await ask(server, path, sockets && frameOf("text", 1));
    figures[`${state}: answer, ms`] = performance.now() - start;
    if (isNew !== (state === "hibernated")) throw new Error(`the object was not ${state}`);
    if (last) figures[`${state}: last socket, ms`] = (await last) - start;
    figures[`${state}: CPU ms`] = (usage(server).cpuMicroseconds - before.cpuMicroseconds) / 1_000;
  }
  return figures;
}

/** Calls the object. */
async function ask(server: Server, path: string, body = ""): Promise<z.infer<typeof Answer>> {
  const answer = await fetch(server.url + path, { method: "POST", body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return Answer.parse(await answer.json());
}

/** The text of a frame, of so many bytes for each message. */
function frameOf(kind: Kind, messages: number): string {
  const message =
    kind === "chinese" ? "聊".repeat(BYTES / 3) : randomBytes(BYTES).toString("base64").slice(0, BYTES);
  return message.repeat(messages);
}

/** @throws an Error on a system without `/proc` */
function usage(server: Server): Usage {
  const found = server.usage();
  if (!found) throw new Error("this bench needs /proc");
  return found;
}

function note(rows: Rows, name: string, figures: Figures): void {
  rows.set(name, [...(rows.get(name) ?? []), figures]);
}

/** Prints a table of the medians. */
function print(head: string, rows: Rows): void {
  const names = [...new Set([...rows.values()].flat().flatMap(Object.keys))];
  const columns = [...head.split(" | "), ...names];
  process.stdout.write(`| ${columns.join(" | ")} |\n| ${columns.map(() => "---").join(" | ")} |\n`);
  for (const [name, rounds] of rows) {
    const cells = names.map((one) =>
      cell(rounds.map((figures) => figures[one]).filter((value) => value !== undefined)),
    );
    process.stdout.write(`| ${[name, ...cells].join(" | ")} |\n`);
  }
  process.stdout.write("\n");
}

function cell(rounds: readonly number[]): string {
  if (rounds.length === 0) return "";
  const value = median(rounds);
  return Math.abs(value) < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}
