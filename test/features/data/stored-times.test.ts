import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { conversationCode, createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { ask } from "../../support/surfaces/ask.ts";
import type { CallContext } from "../../support/surfaces/contract.ts";
import { expectShowable } from "../../support/surfaces/showable.ts";
import { SURFACE_CONTRACTS } from "../../surfaces/contracts.ts";
import { exportAll, importAll, renamed } from "./records.ts";

const DAY_MS = 86_400_000;

let key = "";
let ann: SignedIn;
let ben: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["hooks", "data", "users", "conversations", "moderate"])).text;
  [ann, ben] = await signedInUsers(2);
  await befriend(ann, ben);
});

const hooks: HookReceiver[] = [];
afterEach(async () => {
  for (const { id } of hooks.splice(0)) await call("DELETE", `/v1/server/hooks/${id}`, { token: key });
});

/** Runs SQL in the storage of a conversation, whose object starts anew then. */
async function store(id: number, ...statements: [string, ...(string | number)[]][]): Promise<void> {
  const conversation = ConversationId.parse(id);
  await runInDurableObject(conversationObject(conversation), (_, { storage }) => {
    for (const [sql, ...values] of statements) storage.sql.exec(sql, ...values);
  });
  await evict(conversation);
}

const Page = z.object({ items: z.array(z.object({ seq: z.int(), created_at: z.int() })) });

async function timesOf(id: number): Promise<number[]> {
  const { body } = await call("GET", `/v1/conversations/${id}/messages?after=0`, { token: ann.token });
  return Page.parse(body).items.map(({ created_at }) => created_at);
}

const Listed = z.object({ items: z.array(z.looseObject({ id: z.int(), updated_at: z.int() })) });

async function listedAt(id: number): Promise<number | undefined> {
  const { body } = await call("GET", "/v1/conversations", { token: ben.token });
  return Listed.parse(body).items.find((one) => one.id === id)?.updated_at;
}

describe("a conversation whose newest message has a time that cannot be", () => {
  const MARK = "INSERT INTO imported_messages (seq, external_id) VALUES (2, 'of-elsewhere')";
  const CASES: { name: string; at: number; isImported: boolean }[] = [
    { name: "no date", at: 9e15, isImported: false },
    { name: "in microseconds", at: 1.8e15, isImported: false },
    { name: "of an import, a year ahead", at: Date.now() + 365 * DAY_MS, isImported: true },
  ];

  test.each(CASES)("recovers: $name", async ({ at, isImported }) => {
    const { id } = await createGroup(ann, [ben]);
    const receiver = await HookReceiver.start(key, { events: ["message.created"], conversations: [id] });
    hooks.push(receiver);
    await send(ann, id, "sound");
    await receiver.until(1);
    const start = Date.now();
    await send(ann, id, "poisoned");
    await send(ben, id, "behind it");
    await store(
      id,
      ["UPDATE messages SET created_at = ? WHERE seq >= 2", at],
      ...(isImported ? [[MARK] satisfies [string]] : []),
    );
    await send(ben, id, "live");
    const times = await timesOf(id);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeLessThanOrEqual(start);
    for (const time of times.slice(1)) expect(time).toBeGreaterThanOrEqual(start);
    expect(times.at(-1)).toBeLessThan(start + DAY_MS);
    await eventually(async () => expect(await listedAt(id)).toBe(times.at(-1)));
    await runDurableObjectAlarm(conversationObject(ConversationId.parse(id)));
    // Hooks are told of no imported message.
    const texts = ["sound", ...(isImported ? [] : ["poisoned"]), "behind it", "live"];
    const told = await receiver.until(texts.length);
    expect(told.map(({ data }) => data.message?.body?.text)).toEqual(texts);
    const failed = await call("GET", `/v1/server/hooks/${receiver.id}/deliveries?state=failed`, {
      token: key,
    });
    expect(failed.body).toMatchObject({ items: [] });
  });

  test("keeps a time of its own that is ahead: the clock may have been set back since", async () => {
    const { id } = await createGroup(ann, [ben]);
    await send(ann, id, "by a clock that was a month ahead");
    const at = Date.now() + 30 * DAY_MS;
    await store(id, ["UPDATE messages SET created_at = ?", at]);
    await send(ben, id, "live");
    expect(await timesOf(id)).toEqual([at, at]);
  });

  test("keeps its order where it was made at such a time, and has no message yet", async () => {
    const { id } = await createGroup(ann, [ben]);
    await store(id, ["UPDATE conversation SET created_at = ?", 9e15]);
    const start = Date.now();
    await send(ann, id, "the first");
    const [time] = await timesOf(id);
    expect(time).toBeGreaterThanOrEqual(start);
    expect(time).toBeLessThan(start + DAY_MS);
  });
});

describe("times that are no date, wherever they are stored", () => {
  let context: CallContext;
  let stranger: SignedIn;
  let suspended: SignedIn;
  /** more than a `Date` holds */
  const AT = 9e15;

  beforeAll(async () => {
    const users = await signedInUsers(3);
    const [peer, bystander] = [itemAt(users, 0), itemAt(users, 1)];
    stranger = itemAt(users, 2);
    const member = await register();
    suspended = await register();
    await befriend(member, peer);
    const { id: direct } = await openDirect(member, peer);
    const id = ConversationId.parse(direct);
    const { seq } = await send(member, id, "hello");
    const group = ConversationId.parse((await createGroup(member, [peer])).id);
    const root = await send(member, group, "root");
    await send(peer, group, { kind: "text", body: { text: "reply" }, thread: { root: root.seq } });
    context = { member, peer, bystander, id, code: await conversationCode(id), seq, group };
  });

  /** Makes each stored time of the world one that is no date. */
  async function poisonAll(): Promise<void> {
    const { member, peer, id, group } = context;
    for (const conversation of [id, group]) {
      await send(member, conversation, "the newest");
      await poison(conversation);
    }
    await env.DB.batch(
      [
        "UPDATE users SET created_at = ?",
        "UPDATE conversations SET created_at = ?",
        "UPDATE memberships SET joined_at = ?",
        `UPDATE users SET suspended_until = ? WHERE id = ${suspended.user.id}`,
      ].map((sql) => env.DB.prepare(sql).bind(AT)),
    );
    for (const { user } of [member, peer]) {
      await runInDurableObject(inboxObject(user.id), (_, { storage }) => {
        storage.sql.exec(
          `UPDATE conversations SET updated_at = ?1, active_at = ?1, read_at = ?1,
             preview = json_set(preview, '$.createdAt', ?1)`,
          AT,
        );
      });
    }
  }

  /** Each time of a conversation but those of the newest messages, which the start mends. */
  function poison(id: ConversationId): Promise<void> {
    const origin = JSON.stringify({
      conversationId: id,
      seq: 1,
      senderId: context.member.user.id,
      createdAt: AT,
    });
    return store(
      id,
      [
        `UPDATE messages SET edited_at = ?1, client_time = ?1, version = coalesce(version, 1) + 1,
           thread_summary = json_set(thread_summary, '$.lastAt', ?1) WHERE kind <> 'tip'`,
        AT,
      ],
      ["UPDATE messages SET forwarded = ?, created_at = ? WHERE seq = 1", origin, AT],
      ["UPDATE messages SET pinned_at = ? WHERE pinned_at IS NOT NULL", AT],
      ["UPDATE members SET joined_at = ?1, read_at = ?1", AT],
      ["UPDATE conversation SET created_at = ?", AT],
    );
  }

  test.each(SURFACE_CONTRACTS)("are shown by $name", async (contract) => {
    await contract.prepare?.(context, stranger);
    await poisonAll();
    for (const one of sampledCases(
      contract.calls.filter(({ who }) => who !== "anybody"),
      12,
      contract.name.length,
    )) {
      const answer = await ask(contract, one, one.fields(context), context.member.token);
      const what = `${one.method} ${one.path}: ${answer.status} ${JSON.stringify(answer.body)}`;
      expect(contract.isSuccess(answer), what).toBe(true);
      expectShowable(answer.body, what);
    }
  });

  test("are shown by v1, and exported as an import takes them", async () => {
    const { member, group } = context;
    const own = ["", `/${group}`, `/${group}/messages?after=0`, `/${group}/messages/search?q=root`];
    const more = [`/${group}/members`, `/${group}/messages/pinned`, `/${group}/receipts`];
    const paths = [...own, ...more].map((path) => `/v1/conversations${path}`);
    for (const path of [...paths, "/v1/threads", "/v1/me", "/v1/friends"]) {
      const { status, body } = await call("GET", path, { token: member.token });
      expect(status, `${path}: ${JSON.stringify(body)}`).toBeLessThan(500);
      expectShowable(body, path);
    }
    for (const path of [
      "/v1/moderation/users?q=u",
      `/v1/moderation/users/${suspended.user.id}`,
      `/v1/server/users/${suspended.user.id}`,
      `/v1/server/conversations/${group}`,
    ]) {
      const { status, body } = await call("GET", path, { token: key });
      expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
      expectShowable(body, path);
    }
    const { records } = await exportAll(key, `/v1/server/conversations/${group}/export`);
    expect(records.length).toBeGreaterThan(3);
    expect((await importAll(key, renamed(records, "own:", "again:"))).left_out).toEqual([]);
  });

  test("a suspension that ends then is told at sign-in", async () => {
    const body = { username: suspended.user.username, password: PASSWORD };
    expect(await call("POST", "/v1/login", { body })).toMatchObject({
      ...{ status: 403, body: { code: "suspended" } },
    });
  });
});
