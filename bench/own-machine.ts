/**
 * `npm run bench:own-machine`: what a server of `npm start` carries: devices that are connected, their memory
 * and open files, messages a second beside them, how long all devices take to come back after a restart, and
 * a start with many objects on disk.
 *
 * Flags: `--users 500 --devices 19`, of each user; `--inboxes 100000`, of users who are in groups and have no
 * device.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { whenOrphaned } from "../scripts/support/orphan.ts";
import { freePort } from "../scripts/support/ports.ts";
import { collectOutput, ROOT } from "../scripts/support/wrangler.ts";
import { ServerScope } from "../src/domain/server/server-key.ts";
import { Device } from "./load/device.ts";
import { machine } from "./targets/machine.ts";

const number = (value: string) => ({ type: "string", default: value }) as const;
const { values } = parseArgs({
  options: { users: number("500"), devices: number("19"), inboxes: number("0"), seconds: number("10") },
});
const [USERS, DEVICES] = [Number(values.users), Number(values.devices)];
const [INBOXES, SECONDS] = [Number(values.inboxes), Number(values.seconds)];

/** Users of one call, members of a group, and calls at once. */
const [BATCH, MEMBERS, AT_ONCE] = [100, 10, 16];
/** Members of a group without devices. */
const LARGE = 1_000;

const Made = z.object({ items: z.array(z.object({ id: z.int() })) });
const Token = z.object({ token: z.string() });
const Created = z.object({ id: z.int() });

const data = mkdtempSync(join(tmpdir(), "parley-own-"));
const port = String(await freePort());
const origin = `http://127.0.0.1:${port}`;
let server: ChildProcess | undefined;
const end = () => {
  if (server?.pid)
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
};
process.once("exit", end);
whenOrphaned(() => process.exit(130));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

say(machine());
await start();
const key = /psk_\S+/.exec(
  execFileSync(process.execPath, [
    join(ROOT, "scripts/keys.ts"),
    ...["create", "--name", "bench", "--scopes", ServerScope.options.join(","), "--data", data],
  ]).toString(),
)?.[0];
const users = await makeUsers("u", USERS);
const tokens = await inTurn(
  users,
  async (id) => Token.parse(await call("POST", `/v1/server/users/${id}/tokens`, {})).token,
);
const groups = await inTurn(chunks(users, MEMBERS), ([owner = 0, ...others], i) =>
  makeGroup(tokens[i * MEMBERS] ?? "", owner, others),
);
say(`${USERS} users in groups of ${MEMBERS}; ${footprint()}`);

const devices = Array.from(
  { length: USERS * DEVICES },
  (_, i) => new Device(origin, tokens[i % USERS] ?? ""),
);
let begun = performance.now();
for (const some of chunks(devices, 50)) await Promise.all(some.map((one) => one.open()));
say(`${devices.length} devices connected within ${seconds(begun)}; ${footprint()}`);
say(`messages a second beside them, ${AT_ONCE} at once: ${await rate()}`);

begun = performance.now();
server?.kill("SIGTERM");
if (server) await once(server, "exit");
say(`stopped within ${seconds(begun)}`);
await start();
say(`ready after ${seconds(begun)}`);
for (const share of [0.5, 0.9, 1]) {
  while (devices.filter(({ isReady }) => isReady).length < devices.length * share) await setTimeout(50);
  say(`${share * 100} % of the devices are back after ${seconds(begun)}`);
}
const tries = devices.reduce((sum, one) => sum + one.tries, 0);
say(`${tries} times a device has tried, ${(tries / devices.length).toFixed(1)} each; ${footprint()}`);
for (const one of devices) one.end();

if (INBOXES > 0) {
  const many = await makeUsers("m", INBOXES);
  for (const some of chunks(many, LARGE)) {
    const [owner = 0, ...others] = some;
    const { token } = Token.parse(await call("POST", `/v1/server/users/${owner}/tokens`, {}));
    await makeGroup(token, owner, others);
  }
  while (objects() < INBOXES) await setTimeout(500);
  server?.kill("SIGTERM");
  if (server) await once(server, "exit");
  begun = performance.now();
  await start();
  say(`with ${objects()} objects on disk ready after ${seconds(begun)}; ${footprint()}`);
  begun = performance.now();
  await post(tokens[0] ?? "", groups[0] ?? 0, "first");
  say(`its first message was acknowledged after ${seconds(begun)}`);
}
process.exit(0);

/** Starts the server on the folder, as before if it was there. */
async function start(): Promise<void> {
  const settings = { RATE_LIMITS: "off", REQUEST_LOG: "failures", DATA_DIR: data, PORT: port };
  const { npm_lifecycle_event: _, ...env } = process.env;
  server = spawn(process.execPath, [join(ROOT, "scripts/start.ts")], {
    detached: true,
    env: { ...env, ...settings },
  });
  const output = collectOutput(server);
  while (!output().includes("Parley is ready")) {
    if (server.exitCode !== null) throw new Error(output());
    await setTimeout(20);
  }
}

/** How many messages a second are acknowledged, sent by some users to their groups. */
async function rate(): Promise<number> {
  const until = performance.now() + SECONDS * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, i) => {
      const group = (i * groups.length) / AT_ONCE;
      while (performance.now() < until) {
        await post(tokens[Math.floor(group) * MEMBERS] ?? "", groups[Math.floor(group)] ?? 0, `${count++}`);
      }
    }),
  );
  return Math.round(count / SECONDS);
}

async function post(token: string, conversation: number, text: string): Promise<void> {
  const body = { client_msg_id: crypto.randomUUID(), kind: "text", body: { text } };
  await call("POST", `/v1/conversations/${conversation}/messages`, body, token);
}

async function makeUsers(name: string, count: number): Promise<number[]> {
  const names = Array.from({ length: count }, (_, i) => `${name}${i}`);
  const made = await inTurn(chunks(names, BATCH), async (some) => {
    const items = some.map((one) => ({ external_id: one, nickname: one }));
    return Made.parse(await call("POST", "/v1/server/users", { items })).items.map(({ id }) => id);
  });
  return made.flat();
}

async function makeGroup(token: string, owner: number, others: readonly number[]): Promise<number> {
  const body = { kind: "group", name: `of ${owner}`, member_ids: others };
  return Created.parse(await call("POST", "/v1/conversations", body, token)).id;
}

async function call(method: string, path: string, body: object, token = key): Promise<unknown> {
  const answer = await fetch(origin + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Does some work for all, for so many at once. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item, i: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [i, item] of rest) results[i] = await work(item, i);
    }),
  );
  return results;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const parts = Math.ceil(items.length / size);
  return Array.from({ length: parts }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** What the processes of the server take, and its folder. */
function footprint(): string {
  const found = readdirSync("/proc").flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) !== server?.pid) return [];
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      const files = readdirSync(`/proc/${pid}/fd`).length;
      return Number(kilobytes) > 50_000
        ? [`${name} ${Math.round(Number(kilobytes) / 1_024)} MiB, ${files} open files`]
        : [];
    } catch {
      // It has ended.
      return [];
    }
  });
  const [size] = execFileSync("du", ["-sm", data]).toString().split("\t");
  return `${found.join("; ")}; ${size} MiB on disk`;
}

/** How many inboxes and conversations are on disk. */
function objects(): number {
  return readdirSync(join(data, "v3/do"), { recursive: true }).filter((one) => `${one}`.endsWith(".sqlite"))
    .length;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
