import { beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  ConversationFields,
  ExportedContent,
  FileRecord,
  MemberRecord,
  MessageRecord,
  ReadRecord,
  UserRecord,
} from "../../../src/domain/data/records.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { Errors } from "../../support/errors.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { type Filling, type Leaf, Leaves } from "../../support/surfaces/extreme-values.ts";
import { expectShowable } from "../../support/surfaces/showable.ts";
import { exportAll, importAll, renamed } from "./records.ts";

/** One record of each kind with an extreme value in one field. */
interface Case {
  type: string;
  leaf: Leaf;
  value: unknown;
}

const PREFIX = `x-${crypto.randomUUID().slice(0, 8)}`;
const id = (name: string) => `${PREFIX}:${name}`;
let made = 0;

/** The names of the world, by the fields that name them. */
const NAMES: Record<string, () => unknown> = {
  external_id: () => id(`n${++made}`),
  // Ann sends in the end: no record mutes her.
  user: () => id("ben"),
  ...{ conversation: () => id("room"), users: () => id("ben"), friends: () => id("ben") },
  ...Object.fromEntries(
    ["sender", "owner", "uploader", "by", "actor"].map((field) => [field, () => id("ann")]),
  ),
  ...Object.fromEntries(["message", "root", "reply_to"].map((field) => [field, () => "first"])),
  ...{
    event: () => "muted",

    key: () => "👍",
    url: () => "https://example.org/x",
  },
  ...{ id: () => "1a-0123456789abcdef", name: () => "name", username: () => undefined },
};
const fill: Filling = (field) => NAMES[field]?.();

function leavesOf(schema: z.ZodType): Leaf[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return (
    new Leaves(z.object({ $defs: z.record(z.string(), z.unknown()).default({}) }).parse(json).$defs, fill)
      .of(json)
      // What an import does not store.
      .filter(({ path }) => !["marks", "friend_notes"].includes(path))
  );
}

const POLL = { question: "?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 };

const MEDIA = new Set(["image", "audio", "video", "file"]);

/** The record of a message of which a part is given. */
function message(part: unknown): object {
  const given = z.looseObject({}).parse(part);
  const { body } = given;
  const item = { kind: "text", body: { text: "word" } };
  const isMerged = given.kind === "merged" && typeof body === "object" && body !== null && "items" in body;
  const items = isMerged ? z.array(z.looseObject({})).parse(body.items) : [];
  const isMedium = typeof body === "object" && MEDIA.has(String(given.kind));
  const isOfPoll = "votes" in given || "closed_at" in given;
  return {
    ...{ conversation: id("room"), sender: id("ann"), external_id: id(`n${++made}`), created_at: 1_000_000 },
    ...{ kind: "text", body: { text: "word" } },
    ...given,
    ...(isMedium && { body: { url: "https://example.org/x", ...body } }),
    ...(isMerged && { body: { title: "x", items: items.map((one) => ({ ...one, ...item })) } }),
    ...(isOfPoll && { kind: "poll", body: POLL }),
    ...(!isOfPoll && !("kind" in given) && { kind: "text" }),
    ...("hook" in given && { sender: null }),
  };
}

/** Every field of every record, and how the record is made of it. */
const FIELDS: { type: string; leaf: Leaf; record(part: unknown): unknown }[] = [
  ...leavesOf(UserRecord).map((leaf) => ({ type: "user", leaf, record: (part: unknown) => part })),
  ...leavesOf(FileRecord).map((leaf) => ({
    ...{ type: "file", leaf },
    record: (part: unknown) => Object.assign({ sha256: "0".repeat(64) }, part),
  })),
  ...leavesOf(ConversationFields).map((leaf) => ({
    ...{ type: "conversation", leaf },
    record: (part: unknown) => Object.assign({ owner: id("ann"), name: "Group" }, part, { kind: "group" }),
  })),
  ...leavesOf(MemberRecord).map((leaf) => ({ type: "member", leaf, record: (part: unknown) => part })),
  ...leavesOf(ReadRecord).map((leaf) => ({ type: "read", leaf, record: (part: unknown) => part })),
  ...leavesOf(MessageRecord).map((leaf) => ({
    ...{ type: "message", leaf },
    record: (part: unknown) =>
      message({ ...z.looseObject({}).parse(part), kind: "text", body: { text: "x" } }),
  })),
  ...leavesOf(ExportedContent).map((leaf) => ({ type: "message", leaf, record: message })),
];

const CASES = FIELDS.flatMap(({ type, leaf, record }) =>
  leaf.values.map((value): Case & { record(part: unknown): unknown } => ({ type, leaf, value, record })),
);

let key = "";
let ann: Pick<SignedIn, "token">;
let room = 0;

const Listed = z.object({ items: z.array(z.looseObject({ id: z.int(), name: z.string() })) });

beforeAll(async () => {
  key = (await makeServerKey(["data", "conversations", "tokens", "users", "hooks", "moderate"])).text;
  const first = { external_id: "first", conversation: id("room"), sender: id("ann"), created_at: 1_000_000 };
  const report = await importAll(
    key,
    [
      ...["ann", "ben"].map((name) => ({ type: "user", user: { external_id: id(name) } })),
      {
        type: "conversation",
        conversation: { external_id: id("room"), kind: "group", owner: id("ann"), created_at: 1 },
      },
      { type: "message", message: { ...first, kind: "text", body: { text: "word" } } },
      ...["ann", "ben"].map((name) => ({
        type: "member",
        member: { conversation: id("room"), user: id(name) },
      })),
    ].map((record) => JSON.stringify(record)),
  );
  expect(report.left_out).toEqual([]);
  const { body } = await call("POST", `/v1/server/users/ext:${id("ann")}/tokens`, { token: key, body: {} });
  ann = z.object({ token: z.string() }).parse(body);
  room = Listed.parse((await call("GET", "/v1/conversations", ann)).body).items[0]?.id ?? 0;
});

/** Imports records, and gives the reason why each was left out; undefined: it was stored. */
async function reasonsOf(records: { type: string; record: unknown }[]): Promise<(string | undefined)[]> {
  const report = await importAll(
    key,
    records.map(({ type, record }) => JSON.stringify({ type, [type]: record })),
  );
  const reasons = new Map(report.left_out.map(({ line, reason }) => [line, reason]));
  return records.map((_, i) => reasons.get(i + 1));
}

const SAMPLE = 150;

test("a record with a right value in any field is stored", async () => {
  const some = sampledCases(FIELDS, 60);
  const reasons = await reasonsOf(
    some.map(({ type, leaf, record }) => ({ type, record: record(leaf.right()) })),
  );
  const refused = some.flatMap(({ type, leaf }, i) => {
    const reason = reasons[i];
    return reason === undefined || reason.startsWith("stored") ? [] : [`${type}.${leaf.path}: ${reason}`];
  });
  expect(refused).toEqual([]);
});

test("a record with an extreme value is left out, with the field, or can be read again", async () => {
  using errors = new Errors();
  const hook = await HookReceiver.start(key, { events: ["message.created"], conversations: [room] });
  onTestFinished(async () => {
    await call("DELETE", `/v1/server/hooks/${hook.id}`, { token: key });
  });
  const some = sampledCases(CASES, SAMPLE);
  for (let at = 0; at < some.length; at += SAMPLE) {
    const part = some.slice(at, at + SAMPLE);
    const reasons = await reasonsOf(
      part.map(({ type, leaf, value, record }) => ({ type, record: record(leaf.make(value)) })),
    );
    for (const [i, { type, leaf, value }] of part.entries()) {
      const field = leaf.path.split(".").at(-1) ?? "";
      const reason = reasons[i];
      if (reason !== undefined && !reason.includes("older than"))
        expect(reason, `${type}.${leaf.path} ${JSON.stringify(value)}`).toMatch(
          new RegExp(`${field}|\\bbody\\b|vote|version`),
        );
    }
  }
  const start = Date.now();
  const live = await send(ann, room, "live");
  expect(live.created_at).toBeGreaterThanOrEqual(start);
  expect(live.created_at).toBeLessThan(start + 2 * 86_400_000);
  const told = await hook.until(1);
  expect(told.at(-1)?.data.message?.body?.text).toBe("live");
  await readAll();
  expect(errors.logged).toEqual([]);
});

/** Reads everything that the world has. */
async function readAll(): Promise<void> {
  const of = `/v1/conversations/${room}`;
  const own = [`${of}/messages?after=0&limit=100`, `${of}/messages?limit=100`, `${of}/members`, of];
  for (const path of ["/v1/conversations", "/v1/me", "/v1/friends", `${of}/messages/search?q=word`, ...own])
    await readable(path, ann.token);
  for (let before = "", seq = 1; seq > 0; before = `&before=${seq}`) {
    const page = await readable(`${of}/messages?limit=100${before}`, ann.token);
    const items = z.object({ items: z.array(z.object({ seq: z.int() })) }).parse(page).items;
    seq = Math.min(...items.map((item) => item.seq), seq > 1 ? seq - 1 : Number.MAX_SAFE_INTEGER);
    if (items.length === 0 || seq <= 1) break;
  }
  for (const path of ["/v1/server/users?limit=100", "/v1/server/conversations?limit=100"])
    await readable(path, key);
  await readable(`/v1/moderation/users?q=${PREFIX.slice(0, 4)}`, key);
  const { records } = await exportAll(key, "/v1/server/export");
  const report = await importAll(key, renamed(records, PREFIX, `again-${PREFIX}`));
  expect(report.left_out.filter(({ reason }) => !reason.startsWith("stored"))).toEqual([]);
}

async function readable(path: string, token: string): Promise<unknown> {
  const { status, body } = await call("GET", path, { token });
  expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
  expectShowable(body, path);
  return body;
}
