/**
 * `npm run bench:slept -- [--rooms 150] [--members 2] [--only HTTP] [--profile]`: a message to a room that
 * slept, from the request or frame to the answer or ack, at Parley and at the floor in turn. Each room is
 * asked once after its object was evicted, and once more while it is awake. Its members have been idle as
 * long, so their inboxes sleep too. CPU counts what follows the answer: the fan-out.
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { acked, draft, read } from "./load/frames.ts";
import { Member, type Seat } from "./load/member.ts";
import { median, quantile } from "./load/statistics.ts";
import { jsonFrames } from "./load/wire.ts";
import { type Workload, workloads } from "./load/workloads.ts";
import { profiled } from "./report/profile.ts";
import { floor } from "./targets/floor.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";
import type { Target } from "./targets/target.ts";

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "150" },
    members: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    profile: { type: "boolean", default: false },
  },
});
const [ROOMS, MEMBERS] = [Number(values.rooms), Number(values.members)];

/** The alarm behind a message comes after 30 s, and an idle object is evicted after 10 s more. */
const ASLEEP_MS = 46_000;
const PATIENCE_MS = 60_000;
/** Open files beyond those of a target without an object that is awake. */
const SLACK_FILES = 12;
/** So many files the runtime has open for a socket. */
const FILES_OF_SOCKET = 2;
/** After an answer the fan-out calls the inboxes. */
const PAUSE_MS = 60;

/** How rooms are asked. */
const WAYS = [
  { name: "over HTTP", first: undefined },
  { name: "over HTTP, the session is known", first: "/v1/me" },
  { name: "over HTTP, the inbox of the sender is awake", first: "/v1/saved" },
  { name: "over a room socket", first: undefined },
] as const;
type Way = (typeof WAYS)[number];

/** Sends a message, and resolves once it is acknowledged. */
type Ask = () => Promise<void>;
type Figures = { ms: number[]; cpuMicroseconds: number };
type Side = { target: Target; seats: Seat[]; files: number };

let number = 0;

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const options = { inspector: values.profile };
const targets = [await floor(options), await parley(ROOMS * MEMBERS, options)];
const sides = await Promise.all(targets.map(side));

process.stdout.write(
  `${description}\n\n${ROOMS} rooms of ${MEMBERS} members, each asked once after it slept, and once more\n\n`,
);
process.stdout.write(
  "| the message | target | object | p50 ms | p99 ms | CPU µs | p50 to the floor | CPU |\n",
);
process.stdout.write(`${"|---".repeat(8)}|\n`);
for (const way of WAYS.filter(({ name }) => name.includes(values.only))) {
  const sockets = way.name === "over a room socket";
  const asks = await Promise.all(sides.map(({ seats }) => (sockets ? overSockets(seats) : overHttp(seats))));
  for (const one of sides) await fallAsleep(one, sockets ? FILES_OF_SOCKET * ROOMS : 0);
  const work = () => measure(way, asks);
  const parleys = sides.at(-1);
  if (!values.profile || !parleys) print(way, await work());
  else {
    const { result, table } = await profiled(parleys.target, work);
    print(way, result);
    process.stdout.write(`\n${table}\n\n`);
  }
}
process.exit(0);

/** Makes the rooms of a target. Each gets a first message. */
async function side(target: Target): Promise<Side> {
  const [shape] = workloads.filter(({ over }) => over === "http");
  if (!shape) throw new Error("no workload over HTTP");
  const workload: Workload = { ...shape, rooms: ROOMS, members: MEMBERS };
  const files = usage(target).openFiles;
  const seats = (await target.rooms(workload)).flatMap(([first]) => first ?? []);
  for (const ask of overHttp(seats)) await ask();
  return { target, seats, files };
}

function overHttp(seats: Seat[]): Ask[] {
  return seats.map(({ posts = "", headers }) => async () => {
    const sent = draft("slept", 0, number++);
    acked("slept", JSON.parse(await call("POST", posts, headers, JSON.stringify(sent))));
  });
}

/** Opens a room socket at each seat. */
function overSockets(seats: Seat[]): Promise<Ask[]> {
  return Promise.all(seats.map(overSocket));
}

async function overSocket(seat: Seat): Promise<Ask> {
  const opened = Promise.withResolvers<void>();
  let acknowledged = Promise.withResolvers<void>();
  const member = new Member(seat, jsonFrames, {
    frame: (data) => {
      const frame = read("slept", JSON.parse(String(data)));
      if (frame.type === "ready") opened.resolve();
      if (frame.type === "acks") acknowledged.resolve();
    },
    failed: (error) => {
      throw error;
    },
  });
  await opened.promise;
  return async () => {
    acknowledged = Promise.withResolvers<void>();
    member.send({ type: "send", ...draft("slept", 0, number++) });
    await acknowledged.promise;
  };
}

/** Waits until the objects of a target are evicted: their files are closed. */
async function fallAsleep({ target, files }: Side, sockets: number): Promise<void> {
  // The floor sets no alarm.
  if (target !== targets[0]) await sleep(ASLEEP_MS);
  const deadline = performance.now() + PATIENCE_MS;
  while (usage(target).openFiles > files + sockets + SLACK_FILES) {
    if (performance.now() > deadline)
      throw new Error(`${target.name} has ${usage(target).openFiles} open files, ${files} before`);
    await sleep(200);
  }
}

/** Asks all rooms of the targets in turn. @returns figures of each target: asleep, and awake */
async function measure({ first }: Way, asks: Ask[][]): Promise<Figures[][]> {
  const figures = sides.map(() => [0, 1].map((): Figures => ({ ms: [], cpuMicroseconds: 0 })));
  for (let room = 0; room < ROOMS; room++) {
    for (const [index, { target, seats }] of sides.entries()) {
      const [seat, ask] = [seats[room], asks[index]?.[room]];
      if (!seat || !ask) throw new Error(`no room ${room}`);
      if (first !== undefined && index > 0) await call("GET", new URL(first, seat.posts).href, seat.headers);
      for (const figure of figures[index] ?? []) {
        const before = usage(target).cpuMicroseconds;
        const start = performance.now();
        await ask();
        figure.ms.push(performance.now() - start);
        await sleep(PAUSE_MS);
        figure.cpuMicroseconds += usage(target).cpuMicroseconds - before;
      }
    }
  }
  return figures;
}

function print({ name }: Way, figures: Figures[][]): void {
  for (const [state, object] of ["slept", "awake"].entries())
    for (const [index, { target }] of sides.entries()) {
      const [own, bare] = [figures[index]?.[state], figures[0]?.[state]];
      if (!own || !bare) throw new Error("a target without figures");
      const ratios = [median(own.ms) / median(bare.ms), own.cpuMicroseconds / bare.cpuMicroseconds];
      const cells = [quantile(own.ms, 0.5).toFixed(2), quantile(own.ms, 0.99).toFixed(2)];
      const cpu = Math.round(own.cpuMicroseconds / ROOMS).toLocaleString("en");
      const last = index === 0 ? ["", ""] : ratios.map((ratio) => ratio.toFixed(2));
      process.stdout.write(`| ${[name, target.name, object, ...cells, cpu, ...last].join(" | ")} |\n`);
    }
}

/** @throws an Error on a system without `/proc` */
function usage(target: Target) {
  const found = target.usage();
  if (!found) throw new Error("this bench needs /proc");
  return found;
}

/** Makes a request. @returns the body of the answer @throws an Error unless it is 2xx */
function call(method: string, url: string, headers: Seat["headers"], body = ""): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const type = body === "" ? {} : { "Content-Type": "application/json", "Content-Length": body.length };
  const asked = request(url, { agent, method, headers: { ...headers, ...type } });
  asked.on("error", reject);
  asked.on("response", async (response) => {
    const text = (await response.toArray()).join("");
    if (response.statusCode === 200 || response.statusCode === 201) resolve(text);
    else reject(new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 200)}`));
  });
  asked.end(body);
  return promise;
}
