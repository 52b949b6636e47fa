import { spawn } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { writeSlackExport } from "../../../bench/slack-export.ts";
import { startKeyedWorker } from "../../../bench/targets/keyed-worker.ts";
import type { Server } from "../../../bench/targets/process.ts";
import { Origin } from "../../../scripts/import/options.ts";
import { runImport } from "../../../scripts/import/run.ts";
import { ROOT } from "../../../scripts/support/wrangler.ts";
import { convert, FIXTURES, fixture, messagesOf, ofType } from "./converted.ts";

const Message = z.looseObject({
  seq: z.int(),
  kind: z.string(),
  created_at: z.int(),
  sender: z.object({ nickname: z.string() }),
  body: z.looseObject({
    text: z.string().optional(),
    url: z.string().optional(),
    caption: z.string().optional(),
  }),
  thread: z.object({ root: z.int(), also_in_main: z.boolean() }).nullish(),
  reactions: z.array(z.object({ key: z.string(), count: z.int() })).optional(),
  revoked: z.boolean(),
});
type Message = z.infer<typeof Message>;
const Page = z.object({ items: z.array(Message), has_more: z.boolean() });

let scratch: string;
let server: Server;
let env: { PARLEY_URL: string; PARLEY_KEY: string };

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "parley-import-route-"));
  const started = await startKeyedWorker();
  server = started.server;
  env = { PARLEY_URL: server.url, PARLEY_KEY: started.key };
});

afterAll(() => {
  server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function run(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  expect(await runImport({ argv, env, say: (line) => lines.push(line) })).toBe(0);
  return lines.join("\n");
}

async function call(path: string, init: RequestInit = {}, token = env.PARLEY_KEY): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(env.PARLEY_URL + path, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** All messages of a conversation, as the deployment has them; none: it does not have it yet. */
async function history(conversation: string): Promise<Message[]> {
  const all: Message[] = [];
  for (let after = 0, more = true; more; ) {
    const path = `/v1/server/conversations/ext:${encodeURIComponent(conversation)}/messages`;
    const page = Page.parse(await call(`${path}?after=${after}&limit=100&threads=all`));
    all.push(...page.items);
    after = all.at(-1)?.seq ?? after;
    more = page.has_more;
  }
  return all;
}

test.each(Origin.options)("%s: an export is stored once, however often it is imported", async (origin) => {
  const path = fixture(FIXTURES[origin]);
  const report = join(scratch, `${origin}.jsonl`);
  const first = await run(path, "--from", origin, "--report", report);
  // The server takes all that the converter makes, but for names that users of an export before have.
  const objections = readFileSync(report, "utf8")
    .split("\n")
    .filter((line) => line.includes('"the server: '));
  expect(objections.filter((line) => !line.includes("its username is taken"))).toEqual([]);
  const conversion = await convert(origin, path);
  const count = ofType(conversion, "message").length;
  expect(first).toMatch(new RegExp(`Imported: .*\\b${count} messages`));

  const stored = async () => {
    const names = ofType(conversion, "conversation").map(({ conversation }) => conversation.external_id);
    return Promise.all(names.map(async (name) => [name, await history(name)] as const));
  };
  const before = await stored();
  for (const [name, messages] of before) {
    const converted = messagesOf(conversion, name);
    expect(messages.map(({ created_at }) => created_at)).toEqual(
      converted.map(({ created_at }) => created_at),
    );
    expect(messages.map(({ revoked }) => revoked)).toEqual(converted.map((message) => "revoked" in message));
    expect(messages.map(({ thread }) => Boolean(thread))).toEqual(
      converted.map((message) => "thread" in message),
    );
  }

  const second = await run(path, "--from", origin);
  expect(second).toContain("Imported: nothing");
  expect(second).toMatch(new RegExp(`There already: .*\\b${count} messages`));
  expect(await stored()).toEqual(before);
});

test("a message of Slack is here as it was there", async () => {
  const messages = await history("slack:T01PINE:C01GEN");
  const root = messages.find(({ body }) => body.text?.startsWith("Hello"));
  expect(root).toMatchObject({
    ...{ sender: { nickname: "Ann" }, created_at: 1700000000000, edited_at: 1700000060000, mentions: "all" },
    ...{ pinned_at: 1700000900000, thread_summary: { count: 2 } },
    reactions: [
      { key: "👍🏼", count: 1 },
      { key: "❤", count: 2 },
      { key: ":pine_tree:", count: 1 },
    ],
  });
  expect(
    messages.filter(({ thread }) => thread?.root === root?.seq).map(({ thread }) => thread?.also_in_main),
  ).toEqual([...[false, true]]);
  const picture = messages.find(({ kind }) => kind === "image");
  expect(picture?.body.caption).toContain("Look at this");
  const bytes = await fetch(picture?.body.url ?? "");
  expect(Buffer.from(await bytes.arrayBuffer())).toEqual(
    readFileSync(join(fixture("slack"), "__uploads/F01PNG/map.png")),
  );
});

test("users find their conversations, with nothing unread", async () => {
  const ref = `/v1/server/users/${encodeURIComponent("ext:slack:T01PINE:U02BEN")}/tokens`;
  const { token } = z.object({ token: z.string() }).parse(await call(ref, { method: "POST", body: "{}" }));
  const list = z.object({
    items: z.array(z.object({ kind: z.string(), name: z.string(), unread_count: z.int() })),
  });
  const { items } = list.parse(await call("/v1/conversations", {}, token));
  expect(items.map(({ kind, name, unread_count: unread }) => [kind, name, unread]).sort()).toEqual([
    ["direct", "Ann", 0],
    ["group", "Ann, Ben Birch, Cai Cedar", 0],
    ["group", "general", 0],
    ["group", "lobby", 0],
  ]);
});

test("an export of the deployment is imported as it is: nothing changes", async () => {
  const End = z.object({ type: z.literal("end"), end: z.object({ cursor: z.string(), more: z.boolean() }) });
  const path = join(scratch, "export.jsonl");
  for (let cursor = ""; ; ) {
    const url = `${env.PARLEY_URL}/v1/server/export${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`;
    const response = await fetch(url, { headers: { Authorization: `Bearer ${env.PARLEY_KEY}` } });
    const text = await response.text();
    appendFileSync(path, text);
    const { end } = End.parse(JSON.parse(text.trim().split("\n").at(-1) ?? ""));
    if (!end.more) break;
    cursor = end.cursor;
  }
  const report = join(scratch, "export-report.jsonl");
  const said = await run(path, "--report", report);
  expect(readFileSync(report, "utf8")).toBe("");
  expect(said).toContain("Imported: nothing");
});

test("a message keeps its kind, whether its file is missing at first or later", async () => {
  const path = join(scratch, "late-files");
  cpSync(fixture("mattermost"), path, { recursive: true });
  const argv = [path, "--from", "mattermost", "--workspace", "late"];
  const kinds = async () =>
    (await history("mattermost:late:pine/town-square")).map(({ kind, body }) => [kind, body]);
  const [there, away] = [join(path, "data"), join(path, "away")];
  await run(...argv);
  const before = await kinds();
  expect(before[0]?.[0]).toBe("file");
  renameSync(there, away);
  const said = await run(...argv);
  expect(said).toContain("It is a message of the kind file here, and stays as it is.");
  expect(await kinds()).toEqual(before);

  const other = [path, "--from", "mattermost", "--workspace", "later"];
  await run(...other);
  renameSync(away, there);
  expect(await run(...other)).toContain("It is a message of the kind text here, and stays as it is.");
  const [first] = await history("mattermost:later:pine/town-square");
  expect(first).toMatchObject({ kind: "text", body: { text: expect.stringContaining("[File: plan.pdf]") } });
});

test("an import that was killed goes on with the next run, and no message comes twice", async () => {
  const path = join(scratch, "walks");
  const total = 5_000;
  writeSlackExport(path, total);
  const conversion = await convert("slack", path);
  const names = ofType(conversion, "conversation").map(({ conversation }) => conversation.external_id);
  const child = spawn(process.execPath, ["scripts/import.ts", path, "--from", "slack"], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const count = async (name: string) => (await history(name).catch(() => [])).length;
  await expect.poll(() => count(names[0] ?? "")).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await ended;

  const said = await run(path, "--from", "slack");
  expect(said).toContain(`${total.toLocaleString("en")} messages`);
  for (const name of names) {
    const texts = (await history(name)).map(({ created_at, body }) => [created_at, body.text]);
    expect(texts).toEqual(
      messagesOf(conversion, name).map(({ created_at, body }) => [
        created_at,
        "text" in body ? body.text : undefined,
      ]),
    );
  }
});
