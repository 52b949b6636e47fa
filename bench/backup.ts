/**
 * `npm run bench:backup`: backs up and restores 1,000 users with 100,000 messages by `npm run backup` and
 * `npm run restore`, and compares all lists, unread counts, histories and files: minutes and bytes. It runs
 * `npm run dev`, whose proxy takes a part of each call: a deployment is faster.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { z } from "zod";
import { script } from "../scripts/backup/drill.ts";
import { KeyTable, quoted } from "../scripts/keys/table.ts";
import { assertSame } from "../scripts/support/assert-same.ts";
import { inTemporaryFolder, Server, type TemporaryFolder } from "../scripts/support/server.ts";
import { generateServerKey } from "../src/domain/server/server-key.ts";

const USERS = Number(process.env.BENCH_USERS ?? 1_000);
const CONVERSATIONS = 100;
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 100_000) / CONVERSATIONS;
const FILES = 50;
const FILE_BYTES = 200_000;
const AT_ONCE = 8;
const SETTLE_MS = 15_000;

const Users = z.object({ items: z.array(z.looseObject({ id: z.int() })) });
const Id = z.object({ id: z.int() });
const Listed = z.object({ items: z.array(z.object({ id: z.int() })) });
const Page = z.object({ items: z.array(z.looseObject({ seq: z.int() })), has_more: z.boolean() });
const Uploaded = z.object({ url: z.string() });
const Token = z.object({ token: z.string() });
const Frame = z.looseObject({ type: z.string(), items: z.array(z.unknown()).optional() });

const key = generateServerKey();
let origin = "";

await inTemporaryFolder(
  undefined,
  async (folder) => {
    await insertKey(folder);
    let server = await start(folder);
    const filled = await timed("filled", () => fill());
    const before = await everything(filled);
    await server.stop();
    const backup = join(folder.scratch, "backup");
    await timed("first backup", () => script("backup", backup, folder));
    console.log(`| the backup | ${sizeOf(backup)} |\n| the state | ${sizeOf(folder.state)} |`);
    await timed("second backup, nothing new", () => script("backup", backup, folder));
    server = await start(folder);
    for (const id of filled.conversations.slice(0, 10)) await write(filled, id, 10, 1);
    const later = await everything(filled);
    await server.stop();
    await timed("third backup, 100 new messages in 10 conversations", () => script("backup", backup, folder));
    rmSync(folder.state, { recursive: true });
    await timed("restore", () => script("restore", backup, folder));
    server = await start(folder);
    const after = await timed("compared", () => everything(filled));
    for (const [name, value] of Object.entries(later)) assertSame(name, after[name], value);
    assertSame("the world has grown", JSON.stringify(before) === JSON.stringify(later), false);
    await server.stop();
    console.log(`as before: ${Object.keys(later).length} lists, histories and files`);
  },
  ["RATE_LIMITS=off", "REQUEST_LOG=failures"],
);

interface World {
  users: number[];
  conversations: number[];
  /** the user who writes in each conversation */
  writers: Map<number, number>;
  files: string[];
}

async function start(folder: TemporaryFolder): Promise<Server> {
  const server = await Server.start(folder.paths);
  origin = server.origin;
  // A build of the pages that ends now would restart the Worker in the middle of a call.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return server;
}

async function insertKey(folder: TemporaryFolder): Promise<void> {
  const row = [key.id, "bench", '["users","tokens","act"]', key.hash].map(quoted).join(", ");
  const table = new KeyTable({ "persist-to": folder.state });
  await table.run(
    `INSERT INTO server_keys (id, name, scopes, hash, created_at) VALUES (${row}, ${Date.now()})`,
  );
}

async function fill(): Promise<World> {
  const users: number[] = [];
  for (let at = 0; at < USERS; at += 100) {
    const items = Array.from({ length: Math.min(100, USERS - at) }, (_, i) => ({
      external_id: `u${at + i}`,
      nickname: `User ${at + i}`,
    }));
    const made = Users.parse(await call(null, "POST", "/v1/server/users", { items }));
    users.push(...made.items.map(({ id }) => id));
  }
  const world: World = { users, conversations: [], writers: new Map(), files: [] };
  for (let i = 0; i < CONVERSATIONS; i++) {
    const size = i % 2 === 0 ? 2 : 38;
    const members = Array.from({ length: size }, (_, j) => users[(i * 20 + j) % users.length] ?? 0);
    const [owner = 0, ...others] = [...new Set(members)];
    const body =
      size === 2
        ? { kind: "direct", user_id: others[0] }
        : { kind: "group", name: `Group ${i}`, member_ids: others };
    const { id } = Id.parse(await call(owner, "POST", "/v1/conversations", body));
    world.conversations.push(id);
    world.writers.set(id, owner);
  }
  await each(world.conversations, (id) => write(world, id, MESSAGES, 0));
  for (let i = 0; i < FILES; i++) {
    const id = world.conversations[i] ?? 1;
    const owner = world.writers.get(id) ?? 0;
    const { url } = Uploaded.parse(
      await call(owner, "POST", `/v1/files?name=${i}.bin`, randomBytes(FILE_BYTES)),
    );
    const sent = { kind: "file", body: { url, name: `${i}.bin`, size: FILE_BYTES } };
    await call(owner, "POST", `/v1/conversations/${id}/messages`, sent);
    world.files.push(new URL(url).pathname);
  }
  return world;
}

/** Writes messages over a room socket, and waits for their acks. */
async function write({ writers }: World, id: number, count: number, round: number): Promise<void> {
  const user = writers.get(id) ?? 0;
  const { token } = Token.parse(await call(null, "POST", `/v1/server/users/${user}/tokens`, {}));
  const url = `${origin.replace("http", "ws")}/v1/conversations/${id}/socket`;
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
  await new Promise<void>((resolve, reject) => {
    let [sent, acked] = [0, 0];
    const send = () => {
      for (; sent < count && sent - acked < 50; sent++)
        socket.send(
          JSON.stringify({
            type: "send",
            client_msg_id: `${round}.${sent}`,
            kind: "text",
            body: { text: `${round}.${sent} `.padEnd(80, "lorem ipsum ") },
          }),
        );
    };
    socket.on("message", (data) => {
      const frame = Frame.parse(JSON.parse(String(data)));
      if (frame.type === "error") reject(new Error(String(data)));
      if (frame.type === "ack") acked++;
      if (frame.type === "acks") acked += frame.items?.length ?? 0;
      if (acked === count) resolve();
      else if (frame.type === "ready" || frame.type.startsWith("ack")) send();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the socket has closed")));
  });
  socket.terminate();
}

/** A hash of each list, history and file. */
async function everything({ users, conversations, writers, files }: World): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await each(users, async (user) => {
    const list = await call(user, "GET", "/v1/conversations?limit=100");
    found[`list of ${user}`] = hash(JSON.stringify(list));
    if (Listed.parse(list).items.length === 0) return;
    found[`unread of ${user}`] = hash(JSON.stringify(await call(user, "GET", "/v1/me/unread")));
  });
  await each(conversations, async (id) => {
    const digest = createHash("sha256");
    let count = 0;
    for (let after = 0; ; ) {
      const query = `after=${after}&limit=100`;
      const path = `/v1/conversations/${id}/messages?${query}`;
      const page = Page.parse(await call(writers.get(id) ?? 0, "GET", path));
      digest.update(JSON.stringify(page.items));
      count += page.items.length;
      after = page.items.at(-1)?.seq ?? after;
      if (!page.has_more) break;
    }
    found[`history of ${id}`] = `${count} ${digest.digest("hex")}`;
  });
  for (const path of files) {
    const response = await fetch(`${origin}${path}`);
    found[path] = hash(Buffer.from(await response.arrayBuffer()));
  }
  return found;
}

function hash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const pending = items.values();
  const worker = async () => {
    for (const item of pending) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A call with the key, as a user if one is named. URLs of files are without the port. */
async function call(user: number | null, method: string, path: string, body?: unknown): Promise<unknown> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${key.text}`,
      ...(user !== null && { "Parley-User": String(user) }),
      ...(body !== undefined && {
        "Content-Type": isBytes ? "application/octet-stream" : "application/json",
      }),
    },
    ...(body !== undefined && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text.replaceAll(origin, "http://server"));
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const value = await work();
  console.log(`| ${what} | ${((performance.now() - started) / 1_000).toFixed(1)} s |`);
  return value;
}

function sizeOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return `${(bytes / 1_000_000).toFixed(1)} MB in ${files.length} files`;
}
