/**
 * `npm run bench:spaces`: what calls of a space cost that has so many members and 500 channels: calls to
 * objects, calls and rows of D1, rows of objects, and their times. The table at the end has the sizes beside
 * each other: what is one number costs the same in each.
 *
 * Most members are rows, in the shapes that the server writes.
 *
 * Flags: `--members 1000,10000,100000`, `--followers 10000`: those of the largest channel, where the space
 * has as many members and 1,000 more; `--calls` prints which objects each call has called.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { z } from "zod";
import { ServerCalls } from "./crowd/server-calls.ts";
import { type Community, makeCommunity } from "./spaces/community.ts";
import { type Figures, Measure } from "./spaces/measure.ts";
import { startKeyedWorker } from "./targets/keyed-worker.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { stopAll } from "./targets/process.ts";

const { values } = parseArgs({
  options: {
    members: { type: "string", default: "1000,10000,100000" },
    followers: { type: "string", default: "10000" },
    calls: { type: "boolean", default: false },
  },
});
const SIZES = values.members.split(",").map(Number);
const HUGE = Number(values.followers);
/** A space of the largest channel has so many other members. */
const BESIDES = 1_000;
/** The channels that are used while rights change: those of one minute. */
const IN_USE = 10;
/** Rounds of calls that reach all channels. */
const FEW = 2;

const Token = z.object({ token: z.string() });
const Frame = z.object({ type: z.string() });

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const description = machine();
pinGenerator();
const measures: Measure[] = [];
for (const size of SIZES) measures.push(await measured(size));
process.stdout.write(`${description}\n\n${table(measures.map(({ figures }) => figures))}`);
if (values.calls)
  for (const [name, made] of measures.at(-1)?.calls ?? []) process.stdout.write(`${name}: ${made}\n`);
process.exit(0);

/** Measures a space of one size, with a server of its own. */
async function measured(size: number): Promise<Measure> {
  const entry = join(import.meta.dirname, "alone/counted.ts");
  const { server, key } = await startKeyedWorker({ QUOTAS: "off" }, { entry });
  const calls = new ServerCalls(server.url, key);
  const hugeFollowers = size >= HUGE + BESIDES ? HUGE : 0;
  const community = await makeCommunity(server, calls, { size, hugeFollowers });
  const measure = new Measure(server.url);
  await read(calls, measure, community);
  await readSpace(calls, measure, community, server.url);
  await changeMembers(calls, measure, community);
  await changeRights(calls, measure, community);
  server.stop();
  return measure;
}

function look(calls: ServerCalls, as: number, channel: number): Promise<unknown> {
  return calls.call(as, `/v1/conversations/${channel}/messages?limit=20`);
}

function post(calls: ServerCalls, as: number, channel: number): Promise<unknown> {
  const message = { client_msg_id: randomUUID(), kind: "text", body: { text: "Hello" } };
  return calls.call(as, `/v1/conversations/${channel}/messages`, message);
}

/** Channels: looks, messages and joins. */
async function read(calls: ServerCalls, measure: Measure, community: Community): Promise<void> {
  const { members, others, followed, follower, huge, newcomers, invitation } = community;
  const [first = 0, second = 0, ...rest] = members;
  await measure.of("first look at a channel in which nobody was", (round) =>
    look(calls, first, others[round + 1] ?? 0),
  );
  await measure.of("look of somebody else at it", (round) => look(calls, second, others[round + 1] ?? 0));
  await post(calls, follower, followed);
  await measure.of("message, 100 followers", () => post(calls, follower, followed));
  await measure.of("message of who did not follow before", (round) =>
    post(calls, rest[round] ?? 0, followed),
  );
  if (huge !== null) {
    const author = (members[0] ?? 0) - 1;
    await measure.of(`first message after a pause, ${HUGE} followers`, () => post(calls, author, huge), {
      rounds: 1,
    });
    await measure.of(`message, ${HUGE} followers`, () => post(calls, author, huge));
  }
  await measure.of("join by an invitation", (round) =>
    calls.call(newcomers[round] ?? 0, `/v1/invitations/${invitation}`, {}),
  );
}

/** What members read of the space and of their lists. */
async function readSpace(
  calls: ServerCalls,
  measure: Measure,
  { path, owner, reader, members, role, followed }: Community,
  url: string,
): Promise<void> {
  const last = members.at(-1) ?? 0;
  const given = members.slice(100, 100 + 5);
  const get = (name: string, as: number, what: string) => measure.of(name, () => calls.call(as, what));
  await get("list of conversations, of which 6 are channels", reader, "/v1/conversations");
  await get("channels of the space", last, `${path}/channels`);
  await measure.of("device socket until it is ready, list of spaces, unread", () =>
    connect(calls, url, reader),
  );
  await measure.of("role given", (round) =>
    calls.call(owner, `${path}/members/${given[round]}/roles/${role}`, undefined, "PUT"),
  );
  await get("members, first page", last, `${path}/members?limit=100`);
  await get("members with a role that 5 have", last, `${path}/members?role_id=${role}`);
  await get("members by name: one of the last", last, `${path}/members?q=member.${last}`);
  await get("members by name: nobody", last, `${path}/members?q=nobody`);
  await get("readers of a channel, first page", last, `/v1/conversations/${followed}/readers?limit=100`);
}

/** Opens a device socket, and loads what a client loads then. */
async function connect(calls: ServerCalls, url: string, user: number): Promise<void> {
  const { token } = Token.parse((await calls.call(null, `/v1/server/users/${user}/tokens`, {})).json);
  const headers = { Authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/socket`, { headers });
  const [data] = z
    .tuple([z.instanceof(Buffer)])
    .rest(z.unknown())
    .parse(await once(socket, "message"));
  if (Frame.parse(JSON.parse(data.toString())).type !== "ready") throw new Error("the socket is not ready");
  await calls.call(user, "/v1/spaces");
  await calls.call(user, "/v1/me/unread");
  socket.close();
}

/** Ends memberships, while a few channels are used. */
async function changeMembers(calls: ServerCalls, measure: Measure, community: Community): Promise<void> {
  const { path, owner, members } = community;
  const [leaving, kicked, muted, banned] = [200, 210, 220, 230].map((at) => members.slice(at, at + 10));
  const before = () => use(calls, community);
  await measure.of("leave", (round) => calls.call(leaving?.[round] ?? 0, `${path}/leave`, {}), { before });
  await measure.of(
    "member removed",
    (round) => calls.call(owner, `${path}/members/${kicked?.[round]}`, undefined, "DELETE"),
    { before },
  );
  await measure.of(
    "member muted",
    (round) => calls.call(owner, `${path}/members/${muted?.[round]}`, { muted_for_s: 600 }, "PATCH"),
    { before },
  );
  await measure.of(
    "member banned",
    (round) => calls.call(owner, `${path}/bans/${banned?.[round]}`, {}, "PUT"),
    { before },
  );
}

/** Has the channels used that are looked at in a minute: they rely on what they have read of the space. */
async function use(calls: ServerCalls, { others, reader }: Community): Promise<void> {
  for (const channel of others.slice(0, IN_USE)) await look(calls, reader, channel);
}

/** Changes rights of channels, then of all of them. */
async function changeRights(calls: ServerCalls, measure: Measure, community: Community): Promise<void> {
  const { path, owner, lesser, role, members, huge } = community;
  const leaving = members.slice(240, 250);
  const before = () => use(calls, community);
  const close = (channel: number) =>
    calls.call(owner, `/v1/conversations/${channel}`, { visibility: "private" }, "PATCH");
  await measure.of("channel made private, 20 followers", (round) => close(lesser[round] ?? 0), { before });
  await measure.of(
    "permissions of a role changed",
    (round) =>
      calls.call(
        ...([owner, `${path}/roles/${role}`] as const),
        { permissions: round % 2 === 0 ? ["pin", "mention_all"] : ["pin"] },
        "PATCH",
      ),
    { before, rounds: FEW },
  );
  await measure.of(
    "leave, while all 500 channels are used",
    (round) => calls.call(leaving[round] ?? 0, `${path}/leave`, {}),
    { rounds: FEW },
  );
  if (huge !== null)
    await measure.of(`channel made private, ${HUGE} followers`, () => close(huge), { rounds: 1 });
}

/** The figures of all sizes, beside each other: one number where they are the same. */
function table(sizes: readonly ReadonlyMap<string, Figures>[]): string {
  const columns: [string, keyof Figures][] = [
    ["calls to objects", "calls"],
    ["calls of D1", "d1Calls"],
    ["rows of D1: read", "d1Read"],
    ["written", "d1Written"],
    ["rows of objects: read", "objectRead"],
    ["written", "objectWritten"],
    ["ms", "ms"],
  ];
  const names = [...new Set(sizes.flatMap((figures) => [...figures.keys()]))];
  const lines = names.map((name) => {
    const cells = columns.map(([, column]) => cell(sizes.map((figures) => figures.get(name)?.[column])));
    return `| ${[name, ...cells].join(" | ")} |\n`;
  });
  const head = `| members: ${SIZES.map((size) => size.toLocaleString("en")).join(" / ")}`;
  return `${head} | ${columns.map(([title]) => title).join(" | ")} |\n${"| --- ".repeat(columns.length + 1)}|\n${lines.join("")}\n`;
}

function cell(found: readonly (number | undefined)[]): string {
  const shown = found.map((value) => (value === undefined ? "–" : Math.round(value).toLocaleString("en")));
  return new Set(shown).size === 1 ? (shown[0] ?? "") : shown.join(" / ");
}
