/**
 * `npm run bench:neighbours`: how long the owner of a group waits for the answer to a send while a member of
 * the group does what costs the server most: whole histories, searches, sockets. The server runs as if
 * deployed, with its rate limits.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { machine, pinGenerator } from "./targets/machine.ts";
import { startWorker, stopAll } from "./targets/process.ts";

const MESSAGES = 24_000;
const SECONDS = 10;
/** Items of a frame, and sockets that fill the group: each may send 3,000 messages in 10 s. */
const ITEMS = 60;
const FILLERS = 8;

const Registered = z.object({ token: z.string(), user: z.object({ id: z.number() }) });
const Created = z.object({ id: z.number() });
const Acks = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const settings = { TOKEN_SECRET: randomBytes(32).toString("hex"), REQUEST_LOG: "failures" };
const { url } = await startWorker(join(import.meta.dirname, "../wrangler.toml"), settings, {});
const owner = await register("owner");
// One member for each measurement: what they may do in a minute is limited.
const [reader, searcher, dialler] = [
  await register("reader"),
  await register("searcher"),
  await register("dialler"),
];
const members = [reader, searcher, dialler].map(({ user }) => user.id);
const body = { kind: "group", name: "neighbours", member_ids: members };
const { id } = Created.parse(await (await ask("/v1/conversations", owner.token, body)).json());
await fill();

process.stdout.write(
  `${description}\n\nA group of ${MESSAGES} messages; the owner sends one message after the other.\n\n`,
);
process.stdout.write(
  "| meanwhile a member | served | refused | the owner's send p50 | p99 | max |\n|---|---|---|---|---|---|\n",
);
const records = () =>
  ask("/user/query_all_records/", reader.token, { token: reader.token, conversation: id });
const search = () => ask(`/v1/conversations/${id}/messages/search?q=word&kind=text`, searcher.token);
await measure("does nothing", 0, async () => undefined);
await measure("reads 6 whole histories at once, again and again", 6, () => outcome(records()));
await measure("searches 20 times at once, again and again", 20, () => outcome(search()));
await measure("tries to open 2,000 room sockets, 20 at once", 20, openSocket, 2_000);
process.exit(0);

type Outcome = "served" | "refused";

/** Measures the owner's sends beside `atOnce` repeated calls of the member, at most `most` of them. */
async function measure(
  what: string,
  atOnce: number,
  disturb: () => Promise<Outcome | undefined>,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const counts = { served: 0, refused: 0 };
  const end = performance.now() + SECONDS * 1_000;
  let begun = 0;
  const loop = async () => {
    while (performance.now() < end && begun++ < most) {
      const result = await disturb();
      if (result) counts[result]++;
    }
  };
  const others = Array.from({ length: atOnce }, loop);
  const waits: number[] = [];
  while (performance.now() < end) {
    const start = performance.now();
    const sent = await ask(`/v1/conversations/${id}/messages`, owner.token, text("another word"));
    if (sent.status !== 201) throw new Error(`the owner's send was answered ${sent.status}`);
    await sent.arrayBuffer();
    waits.push(performance.now() - start);
    await sleep(5);
  }
  await Promise.all(others);
  waits.sort((a, b) => a - b);
  const at = (part: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))]?.toFixed(0);
  const { served, refused } = counts;
  process.stdout.write(
    `| ${what} | ${served} | ${refused} | ${at(0.5)} ms | ${at(0.99)} ms | ${at(1)} ms |\n`,
  );
}

async function outcome(answer: Promise<Response>): Promise<Outcome> {
  const response = await answer;
  await response.arrayBuffer();
  return response.status === 200 ? "served" : "refused";
}

function openSocket(): Promise<Outcome> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/conversations/${id}/socket`, {
    headers: { Authorization: `Bearer ${dialler.token}` },
  });
  return new Promise((resolve) => {
    socket.once("open", () => resolve("served"));
    socket.once("error", () => resolve("refused"));
  });
}

/** Fills the group over several sockets of the owner. */
async function fill(): Promise<void> {
  const path = `${url.replace("http", "ws")}/v1/conversations/${id}/socket`;
  const headers = { Authorization: `Bearer ${owner.token}` };
  const fillOver = async () => {
    const socket = new WebSocket(path, { headers });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const total = MESSAGES / FILLERS;
    let acked = 0;
    await new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        const frame = Acks.parse(JSON.parse(String(data)));
        if (frame.type === "error") throw new Error(String(data));
        const count = frame.type === "ack" ? 1 : frame.type === "acks" ? (frame.items?.length ?? 0) : 0;
        acked += count;
        if (acked === total) resolve();
        else if (count > 0 && acked % ITEMS === 0 && acked < total) next();
      });
      const items = Array.from({ length: ITEMS }, (_, i) =>
        text(`some words, and then the word number ${i}`),
      );
      const next = () => socket.send(JSON.stringify({ type: "sends", items }));
      next();
    });
    socket.terminate();
  };
  await Promise.all(Array.from({ length: FILLERS }, fillOver));
}

function text(content: string) {
  return { kind: "text", body: { text: content } };
}

async function register(name: string): Promise<z.infer<typeof Registered>> {
  const password = randomBytes(12).toString("hex");
  return Registered.parse(await (await ask("/v1/register", "", { username: name, password })).json());
}

function ask(path: string, token: string, said?: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: said ? "POST" : "GET",
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    ...(said && { body: JSON.stringify(said) }),
  });
}
