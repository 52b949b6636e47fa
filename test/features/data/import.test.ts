import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { runRetention } from "../../support/retention/expire.ts";
import { exportAll, importAll } from "./records.ts";

let key: string;

beforeAll(async () => {
  key = (await makeServerKey(["data", "conversations", "tokens", "users", "hooks"])).text;
});

let worlds = 0;

/** Records of a group of three with ten messages, under ids that no other test has. */
function world(): { prefix: string; records: ExportRecordInput[] } {
  const prefix = `w${++worlds}-${crypto.randomUUID().slice(0, 8)}`;
  const names = ["ann", "ben", "cai"].map((name) => `${prefix}:${name}`);
  const records: ExportRecordInput[] = [
    { type: "version", version: { format: 1, source: "test", created_at: 1 } },
    ...names.map(
      (id): ExportRecordInput => ({ type: "user", user: { external_id: id, nickname: id.slice(-3) } }),
    ),
    {
      type: "conversation",
      conversation: {
        external_id: `${prefix}:room`,
        kind: "group",
        name: "Room",
        owner: `${prefix}:ann`,
        created_at: 1_000,
      },
    },
    ...Array.from(
      { length: 10 },
      (_, i): ExportRecordInput => ({
        type: "message",
        message: {
          conversation: `${prefix}:room`,
          external_id: `m${i}`,
          sender: names[i % 3] ?? "",
          created_at: 1_000_000 + i,
          kind: "text",
          body: { text: `word${i}` },
        },
      }),
    ),
    ...names.map(
      (user): ExportRecordInput => ({ type: "member", member: { conversation: `${prefix}:room`, user } }),
    ),
  ];
  return { prefix, records };
}

const lines = (records: ExportRecordInput[]) => records.map((record) => JSON.stringify(record));

/** A token of an imported user. */
async function tokenOf(ref: string): Promise<string> {
  const path = `/v1/server/users/${encodeURIComponent(`ext:${ref}`)}/tokens`;
  const { body } = await call("POST", path, { token: key, body: {} });
  return z.object({ token: z.string() }).parse(body).token;
}

const Listed = z.object({
  items: z.array(z.object({ id: z.int(), name: z.string(), unread_count: z.int(), last_seq: z.int() })),
});

async function listOf(token: string) {
  return Listed.parse((await call("GET", "/v1/conversations", { token })).body).items;
}

test("members find an imported group with its times and its order, and have nothing unread", async () => {
  const { prefix, records } = world();
  const report = await importAll(key, lines(records));
  expect(report).toMatchObject({
    imported: { user: 3, conversation: 1, message: 10, member: 3 },
    left_out: [],
  });
  const token = await tokenOf(`${prefix}:ben`);
  const [room, ...others] = await listOf(token);
  expect(others).toEqual([]);
  expect(room).toMatchObject({ name: "Room", unread_count: 0, last_seq: 10 });
  const { body } = await call("GET", `/v1/conversations/${room?.id}/messages`, { token });
  const { items } = z
    .object({ items: z.array(z.object({ created_at: z.int(), body: z.unknown() })) })
    .parse(body);
  expect(items.map(({ created_at }) => created_at)).toEqual(
    Array.from({ length: 10 }, (_, i) => 1_000_000 + i),
  );
  const found = await call("GET", `/v1/conversations/${room?.id}/messages/search?q=word7`, { token });
  expect(found.body).toMatchObject({ items: [{ seq: 8 }] });
});

test("a message that is older than the one before it has that one's time", async () => {
  const { prefix, records } = world();
  const late: ExportRecordInput = {
    type: "message",
    message: {
      ...{ conversation: `${prefix}:room`, external_id: "late", sender: `${prefix}:ann` },
      ...{ created_at: 999, kind: "text", body: { text: "late" } },
    },
  };
  await importAll(key, lines([...records, late]));
  const token = await tokenOf(`${prefix}:ben`);
  const [room] = await listOf(token);
  expect((await page({ token }, room?.id ?? 0, "?limit=1")).items).toMatchObject([{ created_at: 1_000_009 }]);
});

test("a group has its settings, also after an import that broke off behind its creation", async () => {
  const { prefix, records } = world();
  const set = { threads: false, slow_mode_s: 60, retention_days: 400, legal_hold: true };
  const settings = records.map(
    (record): ExportRecordInput =>
      record.type === "conversation"
        ? { ...record, conversation: { ...record.conversation, ...set } }
        : record,
  );
  await importAll(key, lines(records.slice(0, 5)));
  await importAll(key, lines(settings));
  const { body } = await call("GET", `/v1/server/conversations/ext:${prefix}:room`, { token: key });
  expect(body).toMatchObject({ name: "Room", slow_mode_s: 60, retention_days: 400, legal_hold: true });
});

test("a repeat changes nothing, and goes on where an import broke off", async () => {
  const { records } = world();
  await importAll(key, lines(records.slice(0, 9)));
  expect(await importAll(key, lines(records))).toMatchObject({
    ...{ imported: { user: 0, conversation: 0, message: 6, member: 3 }, left_out_count: 0 },
    unchanged: { user: 3, conversation: 1, message: 4, member: 0 },
  });
  const again = await importAll(key, lines(records));
  expect(Object.values(again.imported)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("a message that differs becomes as it is given", async () => {
  const { prefix, records } = world();
  await importAll(key, lines(records));
  const token = await tokenOf(`${prefix}:ben`);
  const [room] = await listOf(token);
  const changed = (fields: object) => {
    const found = records.find((record) => record.type === "message");
    return found?.type === "message"
      ? [{ type: "message" as const, message: { ...found.message, ...fields } }]
      : [];
  };
  const edited = {
    body: { text: "edited" },
    version: 2,
    edited_at: 1_000_500,
    reactions: [{ key: "👍", user: `${prefix}:cai`, at: 5 }],
  };
  expect(await importAll(key, lines(changed(edited)))).toMatchObject({ imported: { message: 1 } });
  const read = async () => (await call("GET", `/v1/conversations/${room?.id}/messages/1`, { token })).body;
  expect(await read()).toMatchObject({
    body: { text: "edited" },
    version: 2,
    reactions: [{ key: "👍", count: 1 }],
  });
  await importAll(key, lines(changed({ kind: "text", body: {}, revoked: { by: `${prefix}:ann` } })));
  expect(await read()).toMatchObject({ revoked: true, body: {} });
});

describe("what cannot be stored is reported, and keeps no other", () => {
  test.each([
    ["no JSON", "{", null, "must be JSON"],
    ["no record", { type: "messages" }, null, "Invalid"],
    ["an unknown sender", { type: "message", message: { sender: "nobody" } }, "message", "sender"],
    [
      "an unknown conversation",
      { type: "message", message: { conversation: "none" } },
      "message",
      "conversation",
    ],
    ["a body of another kind", { type: "message", message: { body: { latitude: 1 } } }, "message", ""],
    [
      "too long a text",
      { type: "message", message: { body: { text: "x".repeat(9_000) } } },
      "message",
      "8000",
    ],
    [
      "an unknown file",
      { type: "message", message: { kind: "image", body: { file: "none" } } },
      "message",
      "file",
    ],
    ["a newer format", { type: "version", version: { format: 2 } }, "version", "format 2"],
    ["a user who is no member", { type: "read", read: {} }, "read", "no member"],
  ] as const)("%s", async (_, flaw, type, reason) => {
    const { prefix, records } = world();
    const base = {
      message: {
        ...{ conversation: `${prefix}:room`, external_id: "x", sender: `${prefix}:ann` },
        ...{ created_at: 2_000_000, kind: "text", body: { text: "x" } },
      },
      read: { conversation: `${prefix}:room`, user: `${prefix}:stranger`, message: null },
      version: { source: "test", created_at: 1 },
    };
    const stranger = JSON.stringify({ type: "user", user: { external_id: `${prefix}:stranger` } });
    const line =
      typeof flaw === "string"
        ? flaw
        : JSON.stringify(
            Object.fromEntries(
              Object.entries(flaw).map(([name, value]) => [
                name,
                typeof value === "string" ? value : { ...Reflect.get(base, name), ...value },
              ]),
            ),
          );
    const report = await importAll(key, [...lines(records), stranger, line]);
    expect(report.imported).toMatchObject({ message: 10, member: 3 });
    expect(report.left_out).toMatchObject([
      { line: records.length + 2, type, reason: expect.stringContaining(reason) },
    ]);
  });
});

test("a dry run stores nothing", async () => {
  const { prefix, records } = world();
  const body = lines(records).join("\n");
  const answer = await call("POST", "/v1/server/imports?dry_run=true", { token: key, body });
  expect(answer.body).toMatchObject({ imported: { message: 10 } });
  expectProblem(await call("GET", `/v1/server/users/ext:${prefix}:ann`, { token: key }), 404, "not_found");
});

test("a body over 8 MiB is refused", async () => {
  const body = "x".repeat(8 * 1024 * 1024 + 1);
  expectProblem(await call("POST", "/v1/server/imports", { token: key, body }), 413, "too_large");
});

test("files come with their bytes: a message and an avatar show them", async () => {
  const { prefix, records } = world();
  const bytes = new TextEncoder().encode(`bytes of ${prefix}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const [first, ...rest] = records;
  const shown: ExportRecordInput[] = [
    ...(first ? [first] : []),
    { type: "user", user: { external_id: `${prefix}:dan`, avatar: `file:${prefix}:file` } },
    ...rest,
    {
      type: "file",
      file: { external_id: `${prefix}:file`, sha256, name: "a b.txt", uploader: `${prefix}:ann` },
    },
    {
      type: "message",
      message: {
        ...{
          conversation: `${prefix}:room`,
          external_id: "file",
          sender: `${prefix}:ann`,
          created_at: 3_000_000,
        },
        ...{ kind: "file", body: { file: `${prefix}:file`, name: "a b.txt" } },
      },
    },
  ];
  const report = await importAll(key, lines(shown));
  expect(report).toMatchObject({ left_out: [], files_wanted: [{ external_id: `${prefix}:file`, sha256 }] });
  const path = `/v1/server/imports/files/${sha256}`;
  expectProblem(await call("PUT", path, { token: key, body: new Uint8Array([1]) }), 400, "validation_failed");
  expect((await call("PUT", path, { token: key, body: bytes })).status).toBe(201);
  expect((await call("PUT", path, { token: key, body: bytes })).status).toBe(200);
  expect((await importAll(key, lines(shown))).files_wanted).toEqual([]);
  const token = await tokenOf(`${prefix}:ben`);
  const [room] = await listOf(token);
  const { body } = await call("GET", `/v1/conversations/${room?.id}/messages/11`, { token });
  const { url } = z.object({ body: z.object({ url: z.url() }) }).parse(body).body;
  expect((await call("GET", new URL(url).pathname)).body).toBe(`bytes of ${prefix}`);
  const dan = await call("GET", `/v1/server/users/ext:${prefix}:dan`, { token: key });
  expect(dan.body).toMatchObject({ avatar: url });
});

test.each([
  ["has other bytes", {}],
  ["has other bytes of the same number", { "Content-Length": "5" }],
])("the bytes of a file stay, if another upload of them ends later and %s", async (_case, headers) => {
  const { prefix, records } = world();
  const bytes = new TextEncoder().encode(prefix.slice(-5));
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const sha256 = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const file = { external_id: `${prefix}:file`, sha256, uploader: `${prefix}:ann` };
  await importAll(key, lines([...records, { type: "file", file }]));
  const path = `/v1/server/imports/files/${sha256}`;
  const begun = Promise.withResolvers<void>();
  const others = Promise.withResolvers<void>();
  const slow = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun.resolve();
        await others.promise;
        controller.enqueue(new Uint8Array(5));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const late = call("PUT", path, { token: key, body: slow, headers });
  await begun.promise;
  expect((await call("PUT", path, { token: key, body: bytes })).status).toBe(201);
  others.resolve();
  expectProblem(await late, 400, "validation_failed");
  const { records: all } = await exportAll(key, "/v1/server/export");
  const url = all.flatMap((one) =>
    one.type === "file" && one.file.external_id === file.external_id ? (one.file.url ?? []) : [],
  );
  expect((await call("GET", new URL(String(url)).pathname)).body).toBe(prefix.slice(-5));
});

test("the name of an imported file goes with the file", async () => {
  const { prefix, records } = world();
  const name = `${prefix}.txt`;
  const bytes = new TextEncoder().encode(prefix);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const sha256 = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const file = { external_id: `${prefix}:doc`, sha256, name, uploader: `${prefix}:ann` };
  const all: ExportRecordInput[] = [...records, { type: "file", file }];
  await importAll(key, lines(all));
  expect((await call("PUT", `/v1/server/imports/files/${sha256}`, { token: key, body: bytes })).status).toBe(
    201,
  );
  const { records: told } = await exportAll(key, "/v1/server/export");
  const [url] = told.flatMap((one) =>
    one.type === "file" && one.file.name === name ? (one.file.url ?? []) : [],
  );
  const path = new URL(String(url)).pathname;
  expect((await importAll(key, lines(all))).files_wanted).toEqual([]);
  const [, , fileKey] = path.split("/");
  expect(
    (await call("DELETE", `/v1/files/${fileKey}`, { token: await tokenOf(`${prefix}:ann`) })).status,
  ).toBe(204);
  const { results } = await env.DB.prepare(
    "SELECT name FROM imported_files UNION ALL SELECT name FROM files",
  ).all();
  expect(JSON.stringify(results)).not.toContain(name);
});

test("a repeat finds messages that have expired, and a reply whose thread has expired stands alone", async () => {
  const { prefix, records } = world();
  const old = records.map(
    (record): ExportRecordInput =>
      record.type === "conversation"
        ? { type: "conversation", conversation: { ...record.conversation, retention_days: 10 } }
        : record,
  );
  await importAll(key, lines(old));
  const [room] = await listOf(await tokenOf(`${prefix}:ben`));
  await runRetention(ConversationId.parse(room?.id));
  const reply: ExportRecordInput = {
    type: "message",
    message: {
      ...{ conversation: `${prefix}:room`, external_id: "reply", sender: `${prefix}:ann` },
      ...{ created_at: Date.now(), reply_to: "m2", thread: { root: "m1" } },
      ...{ kind: "text", body: { text: "too late" } },
    },
  };
  const { imported, left_out: leftOut } = await importAll(key, lines([...old, reply]));
  expect(imported.message).toBe(1);
  const expired = leftOut.filter(({ reason }) => reason === "It has expired here.");
  expect(expired).toHaveLength(10);
  expect(leftOut.filter((one) => !expired.includes(one))).toMatchObject([
    { reason: expect.stringMatching(/its thread is not there.*quotes is not there/) },
  ]);
});

test("`since` tells what is new or changed, and nothing else", async () => {
  const { prefix, records } = world();
  await importAll(key, lines(records));
  const { cursor } = await exportAll(key, "/v1/server/export");
  const path = `/v1/server/export?since=${encodeURIComponent(cursor)}`;
  const own = (all: Awaited<ReturnType<typeof exportAll>>["records"]) =>
    all.filter((record) => JSON.stringify(record).includes(prefix) && record.type === "message");
  expect(own((await exportAll(key, path)).records)).toEqual([]);
  expect(await call("GET", "/v1/server/export?since=now", { token: key })).toMatchObject({
    ...{ status: 400, body: { errors: [{ path: "query.since" }] } },
  });
  const token = await tokenOf(`${prefix}:ben`);
  const [room] = await listOf(token);
  const send = { kind: "text", body: { text: "new" } };
  await call("POST", `/v1/conversations/${room?.id}/messages`, { token, body: send });
  await call("PUT", `/v1/conversations/${room?.id}/messages/2/reactions/${encodeURIComponent("👍")}`, {
    token,
  });
  expect(own((await exportAll(key, path)).records)).toMatchObject([
    { message: { external_id: "m1", reactions: [{ key: "👍" }] } },
    { message: { body: { text: "new" } } },
  ]);
});

describe("one's own export", () => {
  let ann: SignedIn;
  let ben: SignedIn;

  beforeAll(async () => {
    const [one, other] = await signedInUsers(2);
    [ann, ben] = [one, other];
  });

  test("has what one has said, and nothing that others have", async () => {
    const opened = await call("POST", "/v1/conversations", {
      token: ann.token,
      body: { kind: "direct", user_id: ben.user.id },
    });
    const { id } = z.object({ id: z.int() }).parse(opened.body);
    const say = (token: string, text: string) =>
      call("POST", `/v1/conversations/${id}/messages`, { token, body: { kind: "text", body: { text } } });
    await say(ann.token, "of ann");
    await say(ben.token, "of ben");
    const answer = await call("GET", "/v1/me/export", { token: ann.token });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/zip");
    const text = String(answer.body);
    expect(text).toContain("of ann");
    expect(text).toContain("records.jsonl");
    expect(text).not.toContain("of ben");
    expect((await page(ann, id)).items.length).toBe(2);
  });

  test("a user has what they note of friends, and how they sort conversations, and nobody else", async () => {
    await befriend(ann, ben);
    const { id } = await openDirect(ann, ben);
    const tim = async (path: string, body: object) => {
      const headers = { token: ann.token, "Content-Type": "application/json" };
      const answer = await wire({ method: "POST", path, headers, body });
      expect(answer.body).toMatchObject({ code: 0 });
    };
    await tim("/friend/updateFriend", { userID: ben.user.username, remark: "Benny" });
    await tim("/friend/createFriendGroup", { name: "choir", userIDList: [ben.user.username] });
    await tim("/friend/createFriendGroup", { name: "nobody yet", userIDList: [] });
    const conversationIDList = [`C2C${ben.user.username}`];
    await tim("/conversation/markConversation", { conversationIDList, markType: 8, enableMark: true });
    await tim("/conversation/createConversationGroup", { groupName: "music", conversationIDList });
    const exported = async ({ token }: SignedIn) =>
      String((await call("GET", "/v1/me/export", { token })).body);
    const own = await exported(ann);
    const notes = [{ user: `parley:u${ben.user.id}`, remark: "Benny", groups: ["choir"] }];
    const told = { friend_notes: notes, friend_groups: ["choir", "nobody yet"] };
    expect(own).toContain(JSON.stringify(told).slice(1, -1));
    expect(own).toContain('"marks":8,"groups":["music"]');
    expect(own).toContain(`"parley:c${id}"`);
    for (const secret of ["Benny", "choir", "music"]) expect(await exported(ben)).not.toContain(secret);
  });
});
