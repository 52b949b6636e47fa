/**
 * `npm run bench:transfer`: imports 200,000 messages into 50 conversations and exports them, while two people
 * write in a room of their own. It prints the time of both, the memory of the server, and the latency of
 * sends in that room, meanwhile and alone; then of sends in a room that is exported itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Person } from "../scripts/support/person.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";

const MESSAGES = Number(process.env.MESSAGES ?? 200_000);
const CONVERSATIONS = 50;
const PEOPLE = 100;
/** A call takes 8 MiB. */
const LINES = 5_000;
/** Between the sends of the live room (ms). */
const PAUSE_MS = 50;
const ALONE_MS = 20_000;

const Report = z.object({ imported: z.object({ message: z.int() }), left_out_count: z.int() });

const { server, key } = await startKeyedWorker();
const origin = server.url;
try {
  const headers = { Authorization: `Bearer ${key}` };
  const ann = await Person.register(origin, "ann");
  const ben = await Person.register(origin, "ben");
  const { id } = await ann.openDirect(ben);
  report("sends of the live room, alone", await sendsDuring(ann, id, () => pause(ALONE_MS)));
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, workerdBytes());
  }, 500);
  const started = performance.now();
  report("the same beside an import", await sendsDuring(ann, id, () => importAll(origin, headers)));
  const importS = (performance.now() - started) / 1_000;
  const perMinute = Math.round((MESSAGES / importS) * 60);
  console.log(
    `import: ${MESSAGES} messages in ${importS.toFixed(0)} s, ${perMinute} a minute, ${mib(memory)} MiB`,
  );
  memory = 0;
  let bytes = 0;
  const from = performance.now();
  report(
    "the same beside an export",
    await sendsDuring(ann, id, async () => {
      bytes = await exportAll(origin, headers);
    }),
  );
  console.log(
    `export: ${mib(bytes)} MiB in ${((performance.now() - from) / 1_000).toFixed(0)} s, ${mib(memory)} MiB of memory`,
  );
  clearInterval(watch);
  const room = await join(origin, headers, ann);
  const path = "/v1/server/conversations/ext:c0/export";
  for (const _ of [1, 2]) {
    report("sends of the exported room, alone", await sendsDuring(ann, room, () => pause(ALONE_MS)));
    const beside = await sendsDuring(ann, room, async () => {
      const until = performance.now() + ALONE_MS;
      while (performance.now() < until) await exportAll(origin, headers, path);
    });
    report("the same beside its export, again and again", beside);
  }
} finally {
  server.stop();
}

async function importAll(origin: string, headers: Record<string, string>): Promise<void> {
  const body = async (lines: string[]) => {
    const response = await fetch(`${origin}/v1/server/imports`, {
      method: "POST",
      headers,
      body: lines.join("\n"),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { left_out_count: leftOut } = Report.parse(await response.json());
    if (leftOut > 0) throw new Error(`${leftOut} records were left out`);
  };
  const user = (i: number) => `u${i % PEOPLE}`;
  await body([
    ...Array.from({ length: PEOPLE }, (_, i) =>
      JSON.stringify({ type: "user", user: { external_id: user(i) } }),
    ),
    ...Array.from({ length: CONVERSATIONS }, (_, i) =>
      JSON.stringify({
        type: "conversation",
        conversation: {
          external_id: `c${i}`,
          kind: "group",
          name: `Room ${i}`,
          owner: user(i),
          created_at: 1,
        },
      }),
    ),
  ]);
  let lines: string[] = [];
  for (let i = 0; i < MESSAGES; i++) {
    const conversation = `c${Math.floor((i * CONVERSATIONS) / MESSAGES)}`;
    const reactions = i % 10 === 0 ? [{ key: "👍", user: user(i + 1), at: i }] : undefined;
    lines.push(
      JSON.stringify({
        type: "message",
        message: {
          ...{
            conversation,
            external_id: `m${i}`,
            sender: user(i * 7),
            created_at: 1_000_000 + i,
            kind: "text",
          },
          ...{
            body: { text: `Message ${i} of an import: about as long as people write in a chat` },
            reactions,
          },
        },
      }),
    );
    if (lines.length < LINES) continue;
    await body(lines);
    lines = [];
  }
  const members = Array.from({ length: CONVERSATIONS * 20 }, (_, i) =>
    JSON.stringify({ type: "member", member: { conversation: `c${i % CONVERSATIONS}`, user: user(i) } }),
  );
  await body([...lines, ...members]);
}

/** Makes a person a member of an imported group. @returns its id */
async function join(origin: string, headers: Record<string, string>, person: Person): Promise<number> {
  const url = `${origin}/v1/server/conversations/ext:c0`;
  const added = await fetch(`${url}/members`, {
    ...{ method: "PATCH", headers: { ...headers, "Content-Type": "application/json" } },
    body: JSON.stringify({ add: [{ ref: person.user.id }] }),
  });
  if (!added.ok) throw new Error(`${added.status} ${await added.text()}`);
  return z.object({ id: z.int() }).parse(await (await fetch(url, { headers })).json()).id;
}

async function exportAll(
  origin: string,
  headers: Record<string, string>,
  path = "/v1/server/export",
): Promise<number> {
  let bytes = 0;
  for (let cursor = ""; ; ) {
    const response = await fetch(`${origin}${path}${cursor && `?cursor=${encodeURIComponent(cursor)}`}`, {
      headers,
    });
    const text = await response.text();
    bytes += Buffer.byteLength(text);
    const last = text.trimEnd().split("\n").at(-1) ?? "";
    const { end } = z
      .object({ end: z.object({ cursor: z.string(), more: z.boolean() }) })
      .parse(JSON.parse(last));
    if (!end.more) return bytes;
    cursor = end.cursor;
  }
}

/** Sends in a room while work goes on. @returns the times of the sends in ms, in order of length */
async function sendsDuring(person: Person, id: number, work: () => Promise<unknown>): Promise<number[]> {
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  const times: number[] = [];
  while (!isDone) {
    const start = performance.now();
    await person.send(id, "live");
    times.push(performance.now() - start);
    await pause(PAUSE_MS);
  }
  await done;
  return times.sort((a, b) => a - b);
}

function report(what: string, times: number[]): void {
  const at = (part: number) =>
    (times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0).toFixed(1);
  console.log(`${what}: ${times.length} sends, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`);
}

/** The resident memory of the largest workerd. */
function workerdBytes(): number {
  const sizes = readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return status.startsWith("Name:\tworkerd")
        ? [Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024]
        : [];
    } catch {
      return [];
    }
  });
  return Math.max(0, ...sizes);
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
