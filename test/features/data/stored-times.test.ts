import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { LAST_TIME } from "../../../src/domain/time.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, login, type SignedIn } from "../../support/clients/api.ts";
import { conversationCode, createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { SURFACE_CONTRACTS } from "../../surfaces/contracts.ts";
import { exportAll, importAll } from "./records.ts";

const DAY_MS = 86_400_000;

let key = "";
let ann: SignedIn;
let ben: SignedIn;
let cleo: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["hooks", "data", "users", "conversations", "moderate"])).text;
  const users = await signedInUsers(3);
  [ann, ben, cleo] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
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
    const told = await receiver.until(4);
    expect(told.map(({ data }) => data.message?.body?.text)).toEqual(["sound", "poisoned", "behind it", "live"]);
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
