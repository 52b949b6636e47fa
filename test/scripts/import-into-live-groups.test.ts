import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { startKeyedWorker } from "../../bench/targets/keyed-worker.ts";
import type { Server } from "../../bench/targets/process.ts";
import { Origin } from "../../scripts/import/options.ts";
import { runImport } from "../../scripts/import/run.ts";
import { newVapidKeys } from "../../scripts/support/vapid.ts";
import { ExportRecord } from "../../src/domain/data/records.ts";
import { convert, FIXTURES, fixture, messagesOf } from "./import/converted.ts";
import { type Got, listen } from "./import/http.ts";

/** What is imported of an export first, and into which group. */
interface Part {
  group: string;
  /** members whom the export names */
  ann: string;
  ben: string;
  /** what is later comes with the whole export; as the origin writes times, in the field that has them */
  until: string;
  time: string;
  /** a text of the whole export, and what it was before an edit */
  edited: [now: string, before: string];
  /** what has become of Ben here when the whole export comes */
  fate: "removed" | "banned";
}

const PARTS: Readonly<Record<Origin, Part>> = {
  slack: {
    ...{ group: "slack:T01PINE:C01GEN", ann: "slack:T01PINE:U01ANN", ben: "slack:T01PINE:U02BEN" },
    ...{ time: "ts", until: "1700000250", edited: ["*welcome*", "welcome"], fate: "removed" },
  },
  mattermost: {
    ...{ group: "mattermost:pine/town-square", ann: "mattermost:ann", ben: "mattermost:ben.b" },
    ...{ time: "create_at", until: "1700000035000", edited: ["__bold__", "bold"], fate: "banned" },
  },
  discord: {
    ...{ group: "discord:600", ann: "discord:11", ben: "discord:12" },
    ...{ time: "timestamp", until: "2023-11-14T10:03:30", edited: ["||here||", "there"], fate: "removed" },
  },
  stream: {
    ...{ group: "stream:team:grove", ann: "stream:ann", ben: "stream:ben" },
    ...{ time: "created_at", until: "2023-11-14T10:05:30", edited: ["**see**", "see"], fate: "banned" },
  },
};

/** The JSON of an export as it was earlier: without what is later, and without reactions. */
function earlier(json: string, { time, until, edited: [now, before] }: Part): unknown {
  const isLater = (one: unknown) => {
    const { post, item } = Object(one);
    return [one, post, item].some((each) => String(Object(each)[time] ?? "") > until);
  };
  return JSON.parse(json.replace(now, before), (key, value: unknown) => {
    if (!Array.isArray(value)) return value;
    return key === "reactions" ? [] : value.filter((one) => !isLater(one));
  });
}

/** A folder with an export as it was earlier. */
function partOf(origin: Origin): string {
  const folder = mkdtempSync(join(scratch, "part-"));
  cpSync(fixture(FIXTURES[origin]), folder, { recursive: true });
  for (const name of globSync("**/*.{json,jsonl}", { cwd: folder })) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const isLines = name.endsWith("jsonl");
    const part = earlier(isLines ? `[${text.trim().replaceAll("\n", ",")}]` : text, PARTS[origin]);
    const lines = isLines ? z.array(z.unknown()).parse(part) : [part];
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join("\n"));
  }
  return folder;
}

let scratch: string;
let server: Server;
let env: { PARLEY_URL: string; PARLEY_KEY: string };

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "parley-import-live-"));
  const started = await startKeyedWorker({ DEV_LOOPBACK: "on", ...newVapidKeys() });
  server = started.server;
  env = { PARLEY_URL: server.url, PARLEY_KEY: started.key };
});

afterAll(() => {
  server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function run(path: string, origin: Origin): Promise<void> {
  const lines: string[] = [];
  const code = await runImport({ argv: [path, "--from", origin], env, say: (line) => lines.push(line) });
  expect(code, lines.join("\n")).toBe(0);
}

/** Calls the server. @returns the body of its answer */
async function call(method: string, path: string, body?: object, token = env.PARLEY_KEY): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(env.PARLEY_URL + path, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}

async function json(...args: Parameters<typeof call>): Promise<unknown> {
  return JSON.parse(await call(...args));
}

const ref = (externalId: string) => encodeURIComponent(`ext:${externalId}`);

/** Somebody with an account that the team's backend names. */
interface Person {
  id: number;
  token: string;
}

async function signedIn(externalId: string): Promise<Person> {
  const path = `/v1/server/users/${ref(externalId)}`;
  const { id } = Id.parse(await json("PUT", path, {}));
  const { token } = z.object({ token: z.string() }).parse(await json("POST", `${path}/tokens`, {}));
  return { id, token };
}

const List = z.object({
  items: z.array(
    z.object({ id: z.int(), unread_count: z.int(), read_seq: z.int(), threads_unread: z.int() }),
  ),
});

/** What is unread to somebody, in each of their conversations. */
async function countsOf({ token }: Person) {
  const { items } = List.parse(await json("GET", "/v1/conversations?limit=100", undefined, token));
  return items.toSorted((a, b) => a.id - b.id);
}

/** The id of a message, and its text. */
function textOf({ external_id: id, body }: ReturnType<typeof messagesOf>[number]): [string, unknown] {
  return [id, body.text ?? body.caption ?? ""];
}

/** What an export has of a group. */
async function exported(group: string) {
  const lines = (await call("GET", `/v1/server/conversations/${ref(group)}/export`)).trim().split("\n");
  const records = lines.map((line) => ExportRecord.parse(JSON.parse(line)));
  return {
    ids: records.flatMap((one) => (one.type === "message" ? one.message.external_id : [])),
    texts: new Map(records.flatMap((one) => (one.type === "message" ? [textOf(one.message)] : []))),
    members: new Map<string, unknown>(
      records.flatMap((one) => (one.type === "member" ? [[one.member.user, one.member]] : [])),
    ),
    inSpace: new Map<string, unknown>(
      records.flatMap((one) =>
        one.type === "space_member" ? [[one.space_member.user, one.space_member]] : [],
      ),
    ),
    /** undefined: it is no channel of one */
    ownerOfSpace: records.flatMap((one) => (one.type === "space" ? one.space.owner : []))[0],
  };
}

/** A browser's subscription for pushes at this address, and a reader of what comes. */
function subscription(endpoint: string) {
  const [pair, auth] = [createECDH("prime256v1"), randomBytes(16)];
  const point = pair.generateKeys();
  const keys = { p256dh: point.toString("base64url"), auth: auth.toString("base64url") };
  /** RFC 8188 and 8291. */
  const open = ({ body }: Got): string => {
    const [salt, sender] = [body.subarray(0, 16), body.subarray(21, 86)];
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), point, sender]);
    const secret = Buffer.from(hkdfSync("sha256", pair.computeSecret(sender), auth, info, 32));
    const derived = (name: string, length: number) =>
      Buffer.from(hkdfSync("sha256", secret, salt, `Content-Encoding: ${name}\0`, length));
    const decipher = createDecipheriv("aes-128-gcm", derived("aes128gcm", 16), derived("nonce", 12));
    const opened = decipher.update(body.subarray(86, -16));
    const { text } = z
      .object({ text: z.string() })
      .parse(JSON.parse(opened.toString("utf8", 0, opened.lastIndexOf(2))));
    // Behind the name of the sender.
    return text.slice(text.indexOf(": ") + 2);
  };
  return { registration: { kind: "webpush", endpoint, keys }, open };
}

const Frame = z.looseObject({ type: z.string() });
const Messages = z.array(
  z.looseObject({
    kind: z.string(),
    body: z.object({ text: z.string().optional() }),
    ...{ silent: z.boolean().optional(), revoked: z.boolean() },
  }),
);

/** A device socket. @returns what it has got so far */
async function device({ token }: Person): Promise<z.infer<typeof Frame>[]> {
  const frames: z.infer<typeof Frame>[] = [];
  const socket = new WebSocket(`${env.PARLEY_URL.replace("http", "ws")}/v1/socket`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  socket.on("message", (data) => frames.push(Frame.parse(JSON.parse(String(data)))));
  await expect.poll(() => frames[0]?.type).toBe("ready");
  return frames;
}

/** The texts that a device has got, without those that count for nobody. */
function heard(frames: z.infer<typeof Frame>[]): string[] {
  const messages = frames.flatMap((frame) => [
    ...(frame.type === "message" ? [frame.message] : []),
    ...(frame.type === "messages" ? Messages.parse(frame.items) : []),
  ]);
  return Messages.parse(messages).flatMap(({ silent, revoked, kind, body }) =>
    silent || revoked || kind === "tip" ? [] : (body.text ?? ""),
  );
}

const Update = z.object({
  update_id: z.int(),
  message: z.object({ text: z.string().optional() }).optional(),
});
const Updates = z.object({ result: z.array(Update) });

/**
 * A bot that polls, as programs for Telegram do.
 * @returns resolves with the texts since the last call, once these are among them as often as given
 */
function poller(token: string): (texts: string[]) => Promise<string[]> {
  let offset = 0;
  return async (texts) => {
    const heard: string[] = [];
    const counted = (all: string[]) => Map.groupBy(all, (text) => text);
    const lacks = () =>
      [...counted(texts)].some(([text, all]) => (counted(heard).get(text)?.length ?? 0) < all.length);
    while (lacks()) {
      const answer = await fetch(`${env.PARLEY_URL}/bot${token}/getUpdates?offset=${offset}&timeout=5`);
      for (const { update_id: id, message } of Updates.parse(await answer.json()).result) {
        offset = id + 1;
        if (message?.text !== undefined) heard.push(message.text);
      }
    }
    return heard;
  };
}

const HookEvent = z.object({
  type: z.string(),
  data: z.object({
    conversation_id: z.int().optional(),
    message: z.object({ body: z.object({ text: z.string().optional() }) }).optional(),
  }),
});

/** Those who come to a group between two imports. */
type Newcomers = Record<"lin" | "ned" | "bot", Person>;

/** Has them come to a group, or into the space of a channel. @returns who leads there, and where they act */
async function comeTo(group: string, { lin, ned, bot }: Newcomers): Promise<{ lead: Person; at: string }> {
  const server = `/v1/server/conversations/${ref(group)}`;
  const { ownerOfSpace } = await exported(group);
  if (ownerOfSpace === undefined) {
    const made = { kind: "group", owner: "ext:live:lin", members: [ned.id, bot.id] };
    return { lead: lin, at: `/v1/conversations/${Id.parse(await json("PUT", server, made)).id}` };
  }
  const path = `/v1/conversations/${Id.parse(await json("GET", server)).id}`;
  const lead = await signedIn(ownerOfSpace);
  const channel = await json("GET", path, undefined, lead.token);
  const at = `/v1/spaces/${z.object({ space_id: z.int() }).parse(channel).space_id}`;
  const invited = await json("POST", `${at}/invitations`, {}, lead.token);
  const { code } = z.object({ code: z.string() }).parse(invited);
  for (const { id, token } of [lin, ned, bot]) {
    await call("POST", `/v1/invitations/${code}`, undefined, token);
    // Guests of the origin do not see all channels, and no more do newcomers.
    await call("PUT", `${path}/overrides/users/${id}`, { allow: ["read"], deny: [] }, lead.token);
    await call("PUT", `${path}/follow`, undefined, token);
  }
  return { lead, at };
}

/** A group or a channel of each system, and what people do there between two imports. */
async function inUse(origin: Origin, newcomers: Newcomers) {
  const { group, ann: nameOfAnn, ben: nameOfBen, fate } = PARTS[origin];
  const { lin, ned } = newcomers;
  await run(partOf(origin), origin);
  const { lead, at } = await comeTo(group, newcomers);
  const { id } = Id.parse(await json("GET", `/v1/server/conversations/${ref(group)}`));
  const path = `/v1/conversations/${id}`;
  const [ann, ben] = await Promise.all([signedIn(nameOfAnn), signedIn(nameOfBen)]);
  const send = async ({ token }: Person, text: string) =>
    Sent.parse(await json("POST", `${path}/messages`, { kind: "text", body: { text } }, token)).seq;
  await send(ben, "one");
  const seq = await send(lin, "two");
  await send(ann, "three");
  await call("PUT", `${path}/read`, { seq }, ned.token);
  await call("PATCH", `${at}/members/${ann.id}`, { muted_for_s: 3_600 }, lead.token);
  if (fate === "removed") await call("DELETE", `${at}/members/${ben.id}`, undefined, lead.token);
  else await call("PUT", `${at}/bans/${ben.id}`, {}, lead.token);
  const live = `live in ${origin}`;
  return { origin, id, ann, live, before: await exported(group), sendLive: () => send(lin, live) };
}

const Id = z.object({ id: z.int() });
const Sent = z.object({ seq: z.int() });
const Bot = z.object({ token: z.string(), id: z.int() });

test("a newer export into groups and channels that people use tells nobody, and undoes nothing of theirs", async () => {
  const { origin: receiver, got } = await listen((_, response) => response.writeHead(201).end());
  const [lin, ned] = await Promise.all([signedIn("live:lin"), signedIn("live:ned")]);
  const bot = Bot.parse(await json("POST", "/v1/bots", { nickname: "Bot" }, lin.token));
  const groups = await Promise.all(Origin.options.map((origin) => inUse(origin, { lin, ned, bot })));
  const ids = groups.map(({ id }) => id);
  const lives = groups.map(({ live }) => live).sort();

  const untilBotHears = poller(bot.token);
  await untilBotHears(groups.map(() => "three"));
  await call("POST", "/v1/server/hooks", { url: `${receiver}/hook`, events: ["*"] });
  const { registration, open } = subscription(`${receiver}/push`);
  await call("PUT", "/v1/push/phone", registration, ned.token);
  const frames = await device(ned);
  const readers = [lin, ned, ...groups.map(({ ann }) => ann)];
  const counts = async () =>
    (await Promise.all(readers.map(countsOf))).flat().filter(({ id }) => ids.includes(id));
  const before = await counts();
  expect(before.filter(({ unread_count: count }) => count === 1)).toHaveLength(8);

  await Promise.all(Origin.options.map((origin) => run(fixture(FIXTURES[origin]), origin)));
  expect(await counts()).toEqual(before);
  for (const { sendLive } of groups) await sendLive();

  // The live messages are what each hears next.
  expect((await untilBotHears(lives)).sort()).toEqual(lives);
  const at = (path: string) => got.filter((one) => one.path === path);
  await expect.poll(() => at("/push").length).toBeGreaterThanOrEqual(lives.length);
  expect(at("/push").map(open).sort()).toEqual(lives);
  const told = () => at("/hook").map(({ body }) => HookEvent.parse(JSON.parse(String(body))));
  const ofGroups = () => told().filter(({ data }) => ids.includes(data.conversation_id ?? 0));
  await expect.poll(() => ofGroups().length).toBeGreaterThanOrEqual(lives.length);
  expect(
    ofGroups()
      .map(({ type, data }) => `${type}: ${data.message?.body.text}`)
      .sort(),
  ).toEqual(lives.map((live) => `message.created: ${live}`));
  expect(told().filter(({ type }) => type.startsWith("message"))).toHaveLength(lives.length);
  await expect.poll(() => heard(frames).sort()).toEqual(lives);
  expect(frames.filter(({ type }) => ["read", "activity", "member", "thread_read"].includes(type))).toEqual(
    [],
  );

  for (const { origin, before: then } of groups) {
    const { group, ann, ben } = PARTS[origin];
    const now = await exported(group);
    const whole = new Map<string, unknown>(
      messagesOf(await convert(origin, fixture(FIXTURES[origin])), group).map(textOf),
    );
    const ownIds = then.ids.filter((id) => !whole.has(id));
    // Each message is there once, and as the newer export has it.
    expect(now.ids.toSorted()).toEqual([...ownIds, ...whole.keys(), now.ids.at(-1)].sort());
    expect(new Map([...now.texts].filter(([id]) => whole.has(id)))).toEqual(whole);
    expect([...then.texts].filter(([id, text]) => whole.has(id) && whole.get(id) !== text)).toHaveLength(1);
    for (const member of [ann, ben, "live:lin", "live:ned"])
      for (const of of ["members", "inSpace"] as const)
        expect(now[of].get(member)).toEqual(then[of].get(member));
  }
}, 60_000);
