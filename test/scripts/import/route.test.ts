import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { writeSlackExport } from "../../../bench/slack-export.ts";
import { Origin } from "../../../scripts/import/options.ts";
import { runImport } from "../../../scripts/import/run.ts";
import { Server, TemporaryFolder } from "../../../scripts/support/server.ts";
import { ROOT } from "../../../scripts/support/wrangler.ts";
import { convert, fixture, messagesOf, ofType } from "./converted.ts";

const FIXTURES = { slack: "slack", mattermost: "mattermost", discord: "discord", stream: "stream-import" } as const;

const Message = z.looseObject({
  seq: z.int(),
  kind: z.string(),
  created_at: z.int(),
  sender: z.object({ nickname: z.string() }),
  body: z.looseObject({ text: z.string().optional(), url: z.string().optional(), caption: z.string().optional() }),
  thread: z.object({ root: z.int(), also_in_main: z.boolean() }).nullish(),
  reactions: z.array(z.object({ key: z.string(), count: z.int() })).optional(),
  revoked: z.boolean(),
});
type Message = z.infer<typeof Message>;
const Page = z.object({ items: z.array(Message), has_more: z.boolean() });

let folder: TemporaryFolder;
let server: Server;
let env: { PARLEY_URL: string; PARLEY_KEY: string };

beforeAll(async () => {
  folder = new TemporaryFolder();
  server = await Server.start(folder);
  const flags = ["create", "--name", "tests", "--scopes", "data,users,conversations", "--persist-to", folder.state];
  const { stdout, stderr } = spawnSync(process.execPath, ["scripts/keys.ts", ...flags], { cwd: ROOT, encoding: "utf8" });
  const key = /psk_\S+/.exec(stdout)?.[0];
  if (!key) throw new Error(`there is no key: ${stdout}${stderr}`);
  env = { PARLEY_URL: server.origin, PARLEY_KEY: key };
});

afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

async function run(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  expect(await runImport({ argv, env, say: (line) => lines.push(line) })).toBe(0);
  return lines.join("\n");
}

async function call(path: string): Promise<unknown> {
  const response = await fetch(env.PARLEY_URL + path, { headers: { Authorization: `Bearer ${env.PARLEY_KEY}` } });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
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
  const report = join(folder.scratch, `${origin}.jsonl`);
  const first = await run(path, "--from", origin, "--report", report);
  // The server takes all that the converter makes.
  expect(readFileSync(report, "utf8")).not.toContain("the server");
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
    expect(messages.map(({ created_at }) => created_at)).toEqual(converted.map(({ created_at }) => created_at));
    expect(messages.map(({ revoked }) => revoked)).toEqual(converted.map((message) => "revoked" in message));
    expect(messages.map(({ thread }) => Boolean(thread))).toEqual(converted.map((message) => "thread" in message));
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
  expect(messages.filter(({ thread }) => thread?.root === root?.seq).map(({ thread }) => thread?.also_in_main)).toEqual([
    ...[false, true],
  ]);
  const picture = messages.find(({ kind }) => kind === "image");
  expect(picture?.body.caption).toContain("Look at this");
  const bytes = await fetch(picture?.body.url ?? "");
  expect(Buffer.from(await bytes.arrayBuffer())).toEqual(
    readFileSync(join(fixture("slack"), "__uploads/F01PNG/map.png")),
  );
});

test("an import that was killed goes on with the next run, and no message comes twice", async () => {
  const path = join(folder.scratch, "walks");
  const total = 8_000;
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
  await expect.poll(() => count(names[0] ?? ""), { timeout: 60_000 }).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await ended;

  const said = await run(path, "--from", "slack");
  expect(said).toContain(`${total.toLocaleString("en")} messages`);
  for (const name of names) {
    const texts = (await history(name)).map(({ created_at, body }) => [created_at, body.text]);
    expect(texts).toEqual(
      messagesOf(conversion, name).map(({ created_at, body }) => [created_at, "text" in body ? body.text : undefined]),
    );
  }
});
