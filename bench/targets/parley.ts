import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { Member, type Seat } from "../load/member.ts";
import { jsonFrames } from "../load/wire.ts";
import type { Workload } from "../load/workloads.ts";
import { startNode, startWorker, type WorkerOptions } from "./process.ts";
import type { Target } from "./target.ts";

const Registered = z.object({ token: z.string(), user: z.object({ id: z.unknown() }) });
const Created = z.object({ id: z.union([z.string(), z.number()]) });
type Account = z.infer<typeof Registered>;

/** A password costs the server about an eighth of a second, so that more at once gain nothing. */
const registrationsAtOnce = 4;

/**
 * Starts Parley as if deployed, registers its users and creates rooms through its public API: real accounts,
 * real groups, the fan-out to inboxes. Rate limits and the log of requests are off.
 * @param users the number of accounts for the widest workload of the run
 */
export async function parley(
  users: number,
  { name = "parley", devices = "none", command, ...worker }: Kind = {},
): Promise<Target> {
  const settings = {
    TOKEN_SECRET: randomBytes(32).toString("hex"),
    RATE_LIMITS: "off",
    REQUEST_LOG: "failures",
  };
  const server = await (command
    ? startNode(join(import.meta.dirname, "../command.ts"), command)
    : startWorker(join(import.meta.dirname, "../../wrangler.toml"), settings, worker));
  const accounts = await register(server.url, users);
  const opened = devices === "none" ? [] : accounts.map(({ token }) => openDevice(server.url, token));
  const made = new Map<string, Promise<Seat[][]>>();
  return {
    name,
    loadOf: (workload) => workload,
    wire: jsonFrames,
    settles: true,
    rooms: (workload) => {
      const shape = `${workload.over}: ${workload.rooms} × ${workload.members}`;
      const rooms = made.get(shape) ?? makeRooms(server.url, accounts, workload);
      made.set(shape, rooms);
      if (devices !== "focused") return rooms;
      return rooms.then((seats) => {
        const [conversation] = seats[0] ?? [];
        for (const device of opened) device.send({ type: "focus", conversation_id: conversation?.focus });
        return seats;
      });
    },
    state: server.state,
    inspector: server.inspector,
    bundle: server.bundle,
    usage: server.usage,
  };
}

/** The variant of Parley, and its further sockets. */
type Kind = WorkerOptions & {
  name?: string;
  /**
   * each account has a device socket open all the time; `focused`: it leaves the first room to room sockets
   */
  devices?: "none" | "open" | "focused";
  /** started by `npm start` or `npm run dev`; absent: the bundled Worker alone */
  command?: "start" | "dev";
};

/** Opens a device socket that reads. */
function openDevice(url: string, token: string): Member {
  const seat = {
    url: `${url.replace("http", "ws")}/v1/socket`,
    headers: { Authorization: `Bearer ${token}` },
  };
  return new Member(seat, jsonFrames, {
    frame: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
}

/** Registers users. */
async function register(url: string, users: number): Promise<Account[]> {
  const accounts: Account[] = [];
  let next = 0;
  const one = async () => {
    while (next < users) {
      const username = `bench_${next++}`;
      const password = randomBytes(12).toString("hex");
      accounts.push(Registered.parse(await post(`${url}/v1/register`, { username, password }, {})));
    }
  };
  await Promise.all(Array.from({ length: registrationsAtOnce }, one));
  return accounts;
}

/** Creates the groups of a workload. Accounts are assigned in turn. */
async function makeRooms(
  url: string,
  accounts: Account[],
  { over, rooms, members }: Workload,
): Promise<Seat[][]> {
  const seats: Seat[][] = [];
  for (let room = 0; room < rooms; room++) {
    const group = Array.from(
      { length: members },
      (_, member) => accounts[(room * members + member) % accounts.length],
    );
    seats.push(
      await makeRoom(
        url,
        `room ${room}`,
        group.filter((account) => account !== undefined),
        over,
      ),
    );
  }
  return seats;
}

/** Creates one group, owned by the first account. @returns a seat for each member */
async function makeRoom(
  url: string,
  name: string,
  accounts: Account[],
  over: Workload["over"],
): Promise<Seat[]> {
  const [owner, ...others] = accounts.map(({ token, user }) => ({
    id: user.id,
    headers: { Authorization: `Bearer ${token}` },
  }));
  if (owner === undefined) throw new Error("a room without members");
  const [other] = others;
  const group =
    over === "client"
      ? { kind: "direct", user_id: other?.id }
      : { kind: "group", name, member_ids: others.map(({ id }) => id) };
  const { id } = Created.parse(await post(`${url}/v1/conversations`, group, owner.headers));
  const path = `/v1/conversations/${id}`;
  const sockets = url.replace("http", "ws");
  return [owner, ...others].map(({ headers }): Seat => {
    if (over === "device" || over === "client")
      return { url: `${sockets}/v1/socket`, headers, conversation: id };
    return { url: `${sockets}${path}/socket`, headers, posts: `${url}${path}/messages`, focus: id };
  });
}

/** Posts JSON. @throws an Error unless the answer is 201 */
async function post(url: string, body: unknown, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
