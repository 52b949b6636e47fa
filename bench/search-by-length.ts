/**
 * `npm run bench:search-by-length -- [most ordinary messages] [most worst messages]`: what a search, an edit
 * and a revoke take in conversations of 1,000 messages, 10,000 and so on, of ordinary and of the worst texts.
 * One call at a time over HTTP, when all is indexed. The server runs as if deployed.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { chinese } from "./load/chinese.ts";
import type { Seat } from "./load/member.ts";
import { workloads } from "./load/workloads.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";

const REPEATS = 20;
/** The characters of a worst text, as many as a message may have. */
const LONGEST = 8_000;
const IN_FLIGHT = 256;

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const [ordinary = 100_000, worst = 1_000] = process.argv.slice(2).map(Number);
const description = machine();
pinGenerator();
const room = workloads.find(({ name }) => name === "W1");
if (!room) throw new Error("there is one");

/** Texts by name: the n-th of a conversation. */
const TEXTS: Record<string, () => string> = {
  ordinary: () => chinese(),
  "8,000 equal characters": () => "字".repeat(LONGEST),
  "8,000 different pairs": () => different(LONGEST),
  "8,000 × U+FDFA": () => "ﷺ".repeat(LONGEST),
};

process.stdout.write(`${description}\n\n`);
process.stdout.write(
  "| texts | messages | indexed after | search, median | worst | edit, median | worst | revoke, median | worst |\n|---|---|---|---|---|---|---|---|---|\n",
);
for (const [name, textOf] of Object.entries(TEXTS)) {
  for (let count = 1_000; count <= (name === "ordinary" ? ordinary : worst); count *= 10) {
    const target = await parley(2);
    const [[seat] = []] = await target.rooms(room);
    if (!seat) throw new Error("a room without members");
    await fill(seat, count, textOf);
    const start = performance.now();
    while (indexedSeq(target.state) < count - 200) await sleep(100);
    const indexed = performance.now() - start;
    const query = name === "ordinary" ? `${chinese().slice(0, 3)}龘` : textOf().slice(0, 100);
    const url = seat.url.replace("ws", "http").replace(/\/socket$/, "/messages");
    const call = async (method: string, path: string, body?: object) => {
      const headers = { ...seat.headers, ...(body && { "Content-Type": "application/json" }) };
      const begun = performance.now();
      const response = await fetch(url + path, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status === 429) return null;
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return performance.now() - begun;
    };
    const times: Record<"search" | "edit" | "revoke", number[]> = { search: [], edit: [], revoke: [] };
    /** Repeats a call that is refused until the index has followed. */
    const admitted = async (...input: Parameters<typeof call>): Promise<number> => {
      for (;;) {
        const ms = await call(...input);
        if (ms !== null) return ms;
        await sleep(300);
      }
    };
    for (let i = 0; i < REPEATS; i++) {
      // No message passes the filter: all hits are looked at.
      times.search.push(await admitted("GET", `/search?q=${encodeURIComponent(query)}&kind=file`));
    }
    for (let i = 1; i <= REPEATS; i++) {
      const change = { body: { text: textOf().slice(0, -1) }, base_version: 1 };
      times.edit.push(await admitted("PATCH", `/${i * 10}`, change));
      await sleep(300);
    }
    for (let i = 1; i <= REPEATS; i++)
      times.revoke.push(await admitted("DELETE", `/${i * 10 + 5}?for=everyone`));
    const cells = Object.values(times).flatMap((all) => {
      const sorted = all.toSorted((a, b) => a - b);
      return [sorted[REPEATS / 2], sorted.at(-1)].map((ms) => (ms ?? 0).toFixed(1));
    });
    process.stdout.write(
      `| ${name} | ${count} | ${(indexed / 1_000).toFixed(1)} s | ${cells.join(" | ")} |\n`,
    );
    stopAll();
    await sleep(500);
  }
}
process.exit(0);

/** A text in which no pair of neighbours comes twice, more or less. */
function different(length: number): string {
  const one = () => String.fromCodePoint(0x4e00 + Math.floor(Math.random() * 20_000));
  return Array.from({ length }, one).join("");
}

/** Sends messages over the room's socket, one a frame, with some in flight. */
async function fill({ url, headers }: Seat, messages: number, textOf: () => string): Promise<void> {
  const socket = new WebSocket(url, { headers });
  let sent = 0;
  let acked = 0;
  const Frame = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });
  const next = () => {
    for (; sent < messages && sent - acked < IN_FLIGHT; sent++)
      socket.send(JSON.stringify({ type: "send", kind: "text", body: { text: textOf() } }));
  };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      if (String(data) === "pong") return;
      const frame = Frame.parse(JSON.parse(String(data)));
      if (frame.type === "error") reject(new Error(String(data)));
      acked += frame.type === "ack" ? 1 : frame.type === "acks" ? (frame.items?.length ?? 0) : 0;
      if (acked % 1_000 < 64) socket.send("ping");
      if (acked >= messages) resolve();
      else next();
    });
    socket.on("open", next);
  });
  socket.terminate();
}

/** The seq up to which the only conversation is indexed. */
function indexedSeq(state: string): number {
  const [path = ""] = globSync(join(state, "**/*Conversation*/*.sqlite"));
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'indexing'").get()
      ? "indexing"
      : "search";
    const row = database.prepare(`SELECT indexed_seq AS seq FROM ${table}`).get();
    return z.object({ seq: z.number() }).parse(row).seq;
  } finally {
    database.close();
  }
}
