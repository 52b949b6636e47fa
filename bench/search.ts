/**
 * `npm run bench:search -- [messages]`: fills one conversation over its socket (default: 1,000,000 messages),
 * searches it over HTTP, and sends single messages while 100,000 others are being indexed. The server runs as
 * if deployed. The state and size of the index are read from the object's file.
 */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { COMMON_WORDS, characterOf, chinese } from "./load/chinese.ts";
import type { Seat } from "./load/member.ts";
import { workloads } from "./load/workloads.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";

const ITEMS = 64;
const FRAMES_IN_FLIGHT = 8;
const REPEATS = 25;
const BACKLOG = 100_000;

const Frame = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const count = Number(process.argv[2] ?? 1_000_000);
const description = machine();
pinGenerator();
const target = await parley(2);
const room = workloads.find(({ name }) => name === "W1");
const [[seat] = []] = room ? await target.rooms(room) : [];
if (!seat) throw new Error("a room without members");
const started = performance.now();
await fill(seat, count);
const filled = performance.now();
await indexed(count);
process.stdout.write(`${description}\n\n${count} messages: sent in ${seconds(filled - started)}, `);
process.stdout.write(`all indexed ${seconds(performance.now() - filled)} later\n`);
process.stdout.write(`file of the object: ${Math.round(statSync(file()).size / 1e6)} MB\n\n`);
process.stdout.write(
  "| searched for | found on the first page | ms, median | worst | CPU ms of the server |\n| --- | --- | --- | --- | --- |\n",
);
for (const [name, query] of queries()) await search(seat, name, query);
await fill(seat, BACKLOG);
const waits = await sendWhileIndexing(seat, count + BACKLOG);
const at = (part: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))]?.toFixed(1);
process.stdout.write(
  `\nsends one at a time while ${BACKLOG} messages are indexed: ${waits.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`,
);
const idle = await sendFor(seat, () => false, 2_000);
const atIdle = (part: number) => idle[Math.min(idle.length - 1, Math.floor(idle.length * part))]?.toFixed(1);
process.stdout.write(
  `the same with nothing to index: ${idle.length}, p50 ${atIdle(0.5)} ms, p99 ${atIdle(0.99)} ms, max ${atIdle(1)} ms\n`,
);
process.exit(0);

/** The queries: characters and words by frequency, and texts that occur nowhere. */
function queries(): [string, string][] {
  const word = (rank: number) => COMMON_WORDS[rank] ?? "";
  return [
    ["the most common character", characterOf(0)],
    ["a common character", characterOf(20)],
    ["a rare character", characterOf(3_400)],
    ["a character that nobody wrote", "龘"],
    ["the most common two", characterOf(0) + characterOf(1)],
    ["a common word of two", word(0)],
    ["a rare word of two", word(790)],
    ["two rare characters side by side", characterOf(3_000) + characterOf(3_100)],
    ["three common characters", characterOf(0) + characterOf(1) + characterOf(2)],
    ["four common characters", characterOf(2) + characterOf(0) + characterOf(1) + characterOf(0)],
    ["six common characters", [0, 1, 2, 3, 2, 1].map(characterOf).join("")],
    ["two words", word(0) + word(1)],
    ["a phrase of three rare words", word(500) + word(600) + word(700)],
  ];
}

/** Searches several times over HTTP for the newest page, and prints the durations. */
async function search({ url, headers }: Seat, name: string, query: string): Promise<void> {
  const base = url.replace("ws", "http").replace(/\/socket$/, "/messages/search");
  const times: number[] = [];
  let found = 0;
  const before = cpuMs();
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    const response = await fetch(`${base}?q=${encodeURIComponent(query)}`, { headers });
    const body = z.object({ items: z.array(z.unknown()) }).parse(await response.json());
    times.push(performance.now() - start);
    found = body.items.length;
  }
  const cpu = ((cpuMs() - before) / REPEATS).toFixed(1);
  times.sort((a, b) => a - b);
  const median = times[Math.floor(REPEATS / 2)] ?? 0;
  process.stdout.write(
    `| ${name} | ${found} | ${median.toFixed(1)} | ${(times.at(-1) ?? 0).toFixed(1)} | ${cpu} |\n`,
  );
}

/** Sends messages, 64 in a frame, with a few frames in flight, and a `ping` for what it has received. */
async function fill({ url, headers }: Seat, messages: number): Promise<void> {
  const socket = new WebSocket(url, { headers });
  let sent = 0;
  let acked = 0;
  const next = () => {
    while (sent < messages && sent - acked < ITEMS * FRAMES_IN_FLIGHT) {
      const size = Math.min(ITEMS, messages - sent);
      const items = Array.from({ length: size }, () => ({ kind: "text", body: { text: chinese() } }));
      sent += size;
      socket.send(JSON.stringify({ type: "sends", items }));
    }
  };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed the socket")));
    socket.on("message", (data) => {
      if (String(data) === "pong") return;
      const frame = Frame.parse(JSON.parse(String(data)));
      if (frame.type === "error") reject(new Error(String(data)));
      acked += frame.type === "ack" ? 1 : frame.type === "acks" ? (frame.items?.length ?? 0) : 0;
      if (frame.type === "acks") socket.send("ping");
      if (acked >= messages) resolve();
      else next();
    });
  });
  socket.removeAllListeners("close");
  socket.terminate();
}

/** Sends one message at a time until all are indexed. @returns the sorted waits for their acks, in ms */
function sendWhileIndexing(seat: Seat, last: number): Promise<number[]> {
  return sendFor(seat, () => indexedSeq() >= last - ITEMS * 8, 600_000);
}

async function sendFor({ url, headers }: Seat, isOver: () => boolean, ms: number): Promise<number[]> {
  const socket = new WebSocket(url, { headers });
  const ready = new Promise<void>((resolve) => socket.once("message", () => resolve()));
  await ready;
  const waits: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end && !(waits.length % 20 === 0 && isOver())) {
    const acked = new Promise<void>((resolve) => socket.once("message", () => resolve()));
    const start = performance.now();
    socket.send(JSON.stringify({ type: "send", kind: "text", body: { text: chinese() } }));
    await acked;
    waits.push(performance.now() - start);
    await sleep(2);
  }
  socket.terminate();
  return waits.sort((a, b) => a - b);
}

/** Resolves once all messages are indexed, except a last batch that is not full. */
async function indexed(messages: number): Promise<void> {
  while (indexedSeq() < messages - ITEMS * 8) await sleep(100);
}

/** The seq up to which the object has indexed. */
function indexedSeq(): number {
  const database = new DatabaseSync(file(), { readOnly: true });
  try {
    const row = database.prepare("SELECT indexed_seq AS seq FROM indexing").get();
    return z.object({ seq: z.number() }).parse(row).seq;
  } finally {
    database.close();
  }
}

/** The conversation's file, the only one. */
function file(): string {
  const [path = ""] = globSync(join(target.state, "**/*Conversation*/*.sqlite"));
  return path;
}

/** The CPU time of the server, in ms: other processes do not change it. */
function cpuMs(): number {
  return (target.usage()?.cpuMicroseconds ?? Number.NaN) / 1_000;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
