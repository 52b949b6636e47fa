import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startKeyedWorker } from "../../../bench/targets/keyed-worker.ts";
import type { Server } from "../../../bench/targets/process.ts";
import { runImport } from "../../../scripts/import/run.ts";
import { folderOf } from "../import/folder.ts";

let server: Server;
let env: { PARLEY_URL: string; PARLEY_KEY: string };

beforeAll(async () => {
  const started = await startKeyedWorker();
  server = started.server;
  env = { PARLEY_URL: server.url, PARLEY_KEY: started.key };
});

afterAll(() => server?.stop());

/** A workspace of Slack. Each channel has its members, and as many messages of the first one as is said. */
interface Workspace {
  /** members by id; guests are told apart */
  users: string[];
  guests?: string[];
  open?: Record<string, string[]>;
  private?: Record<string, string[]>;
  messages: number;
}

function exportOf({ users, guests = [], open = {}, private: closed = {}, messages }: Workspace): string {
  const listOf = (channels: Record<string, string[]>) =>
    JSON.stringify(Object.entries(channels).map(([name, members]) => ({ id: name, name, members })));
  const days = Object.entries({ ...open, ...closed }).map(([name, [user]]) => [
    `${name}/2023-11-14.json`,
    JSON.stringify(
      Array.from({ length: messages }, (_, i) => ({
        ...{ type: "message", user, text: `${name} ${i}`, ts: `${1_700_000_000 + i}.000000` },
      })),
    ),
  ]);
  return folderOf({
    "users.json": JSON.stringify(
      [...users, ...guests].map((id) => ({ id, name: id, is_restricted: guests.includes(id) })),
    ),
    "channels.json": listOf(open),
    "groups.json": listOf(closed),
    ...Object.fromEntries(days),
  });
}

async function run(workspace: string, content: Workspace): Promise<string> {
  const lines: string[] = [];
  const argv = [exportOf(content), "--from", "slack", "--workspace", workspace];
  const code = await runImport({ argv, env, say: (line) => lines.push(line) });
  expect(code, lines.join("\n")).toBe(0);
  return lines.join("\n");
}

/** Calls the server, for a user if one is named. */
async function call(method: string, path: string, { as, body }: { as?: string; body?: object } = {}) {
  const headers = {
    ...{ Authorization: `Bearer ${env.PARLEY_KEY}`, "Content-Type": "application/json" },
    ...(as !== undefined && { "Parley-User": encodeURIComponent(`ext:slack:${as}`) }),
  };
  const answer = await fetch(env.PARLEY_URL + path, {
    ...{ method, headers, ...(body && { body: JSON.stringify(body) }) },
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
}

const Id = z.object({ id: z.int() });

/** The id of a channel, or of a group, of a workspace. */
async function idOf(workspace: string, name: string): Promise<number> {
  const ref = encodeURIComponent(`ext:slack:${workspace}:${name}`);
  return Id.parse((await call("GET", `/v1/server/conversations/${ref}`)).body).id;
}

const Texts = z.object({ items: z.array(z.object({ body: z.object({ text: z.string().optional() }) })) });

/** The texts of a channel as one of its workspace reads them; null: they cannot. */
async function read(workspace: string, user: string, name: string): Promise<string[] | null> {
  const path = `/v1/conversations/${await idOf(workspace, name)}/messages?limit=100`;
  const { status, body } = await call("GET", path, { as: `${workspace}:${user}` });
  if (status === 404 || status === 403) return null;
  expect(status, JSON.stringify(body)).toBe(200);
  return Texts.parse(body).items.flatMap(({ body: { text } }) => text ?? []);
}

test("who is in a private channel no more reads it here no more, whether they have written or not", async () => {
  const users = ["ann", "ben", "cai"];
  await run("board", { users, private: { board: ["ann", "ben", "cai"] }, messages: 2 });
  expect(await read("board", "ben", "board")).toEqual(["board 0", "board 1"]);
  await run("board", { users, private: { board: ["ann", "cai"] }, messages: 3 });
  expect(await read("board", "ben", "board")).toBeNull();
  for (const user of ["ann", "cai"])
    expect(await read("board", user, "board")).toEqual(["board 0", "board 1", "board 2"]);
});

test("a channel that is private in the newer export gets no message of it as long as all read it here", async () => {
  const users = ["ann", "ben"];
  await run("plans", { users, open: { plans: ["ann"] }, messages: 1 });
  // So many that a part of them comes without the record of the channel.
  const later = { users, private: { plans: ["ann"] }, messages: 2_100 };
  const said = await run("plans", later);
  expect(said).toContain("1 × the server: conversation: Everybody in the space reads this channel here");
  expect(await read("plans", "ben", "plans")).toEqual(["plans 0"]);
  // Once it is private here, too, they come.
  const override = { as: "plans:workspace/owner", body: { allow: [], deny: ["read"] } };
  const path = `/v1/conversations/${await idOf("plans", "plans")}/overrides`;
  expect((await call("PUT", `${path}/roles/0`, override)).status).toBe(204);
  expect(await run("plans", later)).toMatch(/Imported: .*2,099 messages/);
  expect(await read("plans", "ben", "plans")).toBeNull();
});

test("members read what they have read, whether the newer export still has guests and large channels or not", async () => {
  const users = Array.from({ length: 95 }, (_, i) => `u${i}`);
  const open = { hall: ["u0", "gil"], yard: ["u0"] };
  await run("club", { users, guests: ["gil"], open, private: { den: users }, messages: 1 });
  expect(await read("club", "gil", "yard")).toBeNull();
  const [gone, ...left] = users.toReversed();
  const later = { users: [...users, "new"], open: { hall: users, yard: users }, messages: 2 };
  await run("club", { ...later, private: { den: left.slice(7) } });
  for (const user of ["u0", "u50"])
    for (const name of ["hall", "yard", "den"])
      expect(await read("club", user, name)).toEqual([`${name} 0`, `${name} 1`]);
  // Who has come reads what is open, and nobody reads what they have left.
  expect(await read("club", "new", "yard")).toEqual(["yard 0", "yard 1"]);
  expect(await read("club", gone ?? "", "den")).toBeNull();
});

const Members = z.array(
  z.object({ member: z.object({ user: z.string(), role: z.string(), state: z.string() }) }),
);

test("a channel that was imported as a group keeps its admins, and loses who has left", async () => {
  const names = ["ann", "ben", "cai", "dan"];
  const hall = "mattermost:red/hall";
  const post = (user: string, at: number) => ({
    type: "post",
    post: { team: "red", channel: "hall", user, message: user, create_at: 1_700_000_000_000 + at },
  });
  const lines = (...all: object[]) => all.map((line) => JSON.stringify(line)).join("\n");
  const group = lines(
    ...names.map((name) => ({ type: "user", user: { external_id: `mattermost:${name}` } })),
    {
      type: "conversation",
      conversation: { external_id: hall, kind: "group", name: "hall", owner: "mattermost:ann" },
    },
    ...names.map((name) => ({
      type: "member",
      member: {
        ...{ conversation: hall, user: `mattermost:${name}` },
        role: { ann: "owner", ben: "admin", dan: "admin" }[name] ?? "member",
      },
    })),
  );
  const channels = (roles = "") => [{ name: "red", channels: [{ name: "hall", roles }] }];
  const newer = lines(
    { type: "channel", channel: { team: "red", name: "hall", type: "P" } },
    { type: "user", user: { username: "ann", teams: channels() } },
    ...["ben", "dan"].map((username) => ({
      ...{ type: "user", user: { username, teams: channels("channel_admin") } },
    })),
    { type: "user", user: { username: "cai", teams: [{ name: "red" }] } },
    ...[post("cai", 0), post("ann", 1)],
  );
  const runs = [
    [folderOf({ "group.jsonl": group })],
    [folderOf({ "import.jsonl": newer }), "--from", "mattermost"],
  ];
  for (const argv of runs) expect(await runImport({ argv, env, say: () => {} })).toBe(0);
  const path = `${env.PARLEY_URL}/v1/server/conversations/${encodeURIComponent(`ext:${hall}`)}/export`;
  const text = await (await fetch(path, { headers: { Authorization: `Bearer ${env.PARLEY_KEY}` } })).text();
  const records = text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const members = Members.parse(records.filter((record) => Object(record).type === "member"));
  expect(members.map(({ member: { user, role, state } }) => [user, role, state]).sort()).toEqual([
    ["mattermost:ann", "owner", "active"],
    ["mattermost:ben", "admin", "active"],
    ["mattermost:cai", "member", "left"],
    ["mattermost:dan", "admin", "active"],
  ]);
});

const Follows = z.object({ items: z.array(z.object({ id: z.int() })) });

test("who has stopped to follow a channel here does not follow it by the next import", async () => {
  const hall = { users: ["ann", "ben"], open: { hall: ["ann", "ben"] } };
  await run("quiet", { ...hall, messages: 1 });
  const id = await idOf("quiet", "hall");
  const as = "quiet:ben";
  const follows = async () =>
    Follows.parse((await call("GET", "/v1/conversations", { as })).body).items.some((one) => one.id === id);
  expect(await follows()).toBe(true);
  expect((await call("DELETE", `/v1/conversations/${id}/follow`, { as })).status).toBe(204);
  await run("quiet", { ...hall, messages: 2 });
  expect(await follows()).toBe(false);
  expect(await read("quiet", "ben", "hall")).toEqual(["hall 0", "hall 1"]);
});
