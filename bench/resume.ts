/**
 * `npm run bench:resume`: what it costs a client to come back after many messages have changed, over a room
 * socket: pages, bytes, and the time until it is live. The server runs as if deployed, without rate limits.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { z } from "zod";
import { machine, pinGenerator } from "./targets/machine.ts";
import { startWorker, stopAll } from "./targets/process.ts";

const MESSAGES = 4_000;
const CHANGES_OF_ONE = 10_000;
const ROUNDS = 5;
/** Items of a frame, and calls at once. */
const ITEMS = 100;

const Registered = z.object({ token: z.string() });
const Created = z.object({ id: z.number() });
const Ready = z.object({ rev: z.number(), last_seq: z.number() });
const Frame = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });
const Synced = z.object({ last_seq: z.number(), rev: z.number(), has_more: z.boolean() });

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const secret = { TOKEN_SECRET: randomBytes(32).toString("hex") };
const settings = { ...secret, REQUEST_LOG: "failures", RATE_LIMITS: "off" };
const { url } = await startWorker(join(import.meta.dirname, "../wrangler.toml"), settings, {});
const password = randomBytes(12).toString("hex");
const { token } = Registered.parse(await call("POST", "/v1/register", { username: "owner", password }, ""));
const group = { kind: "group", name: "resume", member_ids: [] };
const { id } = Created.parse(await call("POST", "/v1/conversations", group));
await fill();
const seqs = Array.from({ length: MESSAGES }, (_, i) => i + 1);

process.stdout.write(`${description}\n\nA client that has all of ${MESSAGES} messages of 80 bytes.\n\n`);
process.stdout.write(
  "| meanwhile | pages | changed messages | KiB | ms, median | worst |\n|---|---|---|---|---|---|\n",
);
await measure(`one message changed ${CHANGES_OF_ONE} times`, async () => {
  for (let i = 0; i < CHANGES_OF_ONE / 2; i++) {
    await react("PUT", 7, ":yes:");
    await react("DELETE", 7, ":yes:");
  }
});
await measure(`each message changed once`, () => inParts(seqs, (seq) => react("PUT", seq, ":yes:")));
process.exit(0);

async function inParts(all: number[], work: (seq: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < all.length; i += ITEMS) await Promise.all(all.slice(i, i + ITEMS).map(work));
}

/** Measures the resume of a client that was away while `change` ran. */
async function measure(what: string, change: () => Promise<void>): Promise<void> {
  const { rev } = Ready.parse((await resume("")).first);
  await change();
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await resume(`?after=${MESSAGES}&rev=${rev}`));
  const times = rounds.map(({ ms }) => ms).sort((a, b) => a - b);
  const { pages = 0, changed = 0, bytes = 0 } = rounds[0] ?? {};
  const [median = 0, worst = 0] = [times[Math.floor(ROUNDS / 2)], times.at(-1)];
  const counts = `${pages} | ${changed} | ${Math.round(bytes / 1_024)}`;
  process.stdout.write(`| ${what} | ${counts} | ${median.toFixed(0)} | ${worst.toFixed(0)} |\n`);
}

interface Resumed {
  first: unknown;
  pages: number;
  changed: number;
  bytes: number;
  ms: number;
}

/** Opens a room socket, and asks for pages until it is live. */
function resume(query: string): Promise<Resumed> {
  const start = performance.now();
  const path = `${url.replace("http", "ws")}/v1/conversations/${id}/socket${query}`;
  const socket = new WebSocket(path, { headers: { Authorization: `Bearer ${token}` } });
  const counts = { first: null as unknown, pages: 0, changed: 0, bytes: 0 };
  return new Promise((resolve, reject) => {
    const done = () => {
      socket.terminate();
      resolve({ ...counts, ms: performance.now() - start });
    };
    socket.once("error", reject);
    socket.on("message", (data) => {
      const frame = Frame.parse(JSON.parse(String(data)));
      counts.bytes += String(data).length;
      if (frame.type === "ready") {
        counts.first = frame;
        if (query === "") done();
      }
      if (frame.type === "changed") counts.changed += frame.items?.length ?? 0;
      if (frame.type !== "synced") return;
      counts.pages++;
      const { last_seq: after, rev, has_more } = Synced.parse(frame);
      if (has_more) socket.send(JSON.stringify({ type: "sync", after, rev }));
      else done();
    });
  });
}

function react(method: "PUT" | "DELETE", seq: number, key: string): Promise<unknown> {
  return call(method, `/v1/conversations/${id}/messages/${seq}/reactions/${encodeURIComponent(key)}`);
}

async function fill(): Promise<void> {
  const body = { kind: "text", body: { text: "x".repeat(80) } };
  for (let i = 0; i < MESSAGES; i += ITEMS)
    await Promise.all(
      Array.from({ length: ITEMS }, () => call("POST", `/v1/conversations/${id}/messages`, body)),
    );
}

async function call(method: string, path: string, body?: object, as = token): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...(as && { Authorization: `Bearer ${as}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
