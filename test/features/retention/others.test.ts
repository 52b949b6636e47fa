import { runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  expectAsked,
  getConversation,
  listedConversation,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { aside, followed } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { breakAt } from "../../support/faults/injected-fault.ts";
import { eachStep } from "../../support/faults/sampled-steps.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { runAlarm } from "../../support/objects/assert-consistent.ts";
import { Costs } from "../../support/objects/costs.ts";
import { conversationObject, range } from "../../support/objects/room.ts";
import { evict, untilCheckpoint } from "../../support/objects/sleep.ts";
import { age, emptiedSeq, expire, keep, runRetention } from "../../support/retention/expire.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { bodies, v1 } from "../../surfaces/formpost/client.ts";
import { exportAll } from "../data/records.ts";

const OLD = "quaggaword";

let key = "";
let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  // One part of what expires at a time, also where the alarm comes before the test runs the job.
  const retention = { pauseMs: 30_000 };
  setTiming({ rpcRetry: { backoffMs: 1 }, indexing: { idleMs: 1 }, fanout: { cooldownMs: 10 }, retention });
  key = (await makeServerKey(["conversations", "hooks", "users"])).text;
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
});

async function groupFor(days: number): Promise<ConversationId> {
  const { id } = await createGroup(ann, [bob]);
  expect((await keep(key, id, "group", { retention_days: days })).status).toBe(200);
  return ConversationId.parse(id);
}

test("who left keeps nothing in their list, and reads nothing that has expired", async () => {
  const id = await groupFor(10);
  await send(ann, id, `${OLD} first`);
  await send(ann, id, `${OLD} second`);
  await v1(bob, "POST", `/conversations/${id}/leave`);
  expect(await storedInInbox(bob)).toContain(OLD);
  await send(ann, id, "later");
  await age(id, 11);
  await send(ann, id, "today");
  await expire(id);
  expect(await bodies(bob, id)).toEqual([]);
  await runAlarm(id);
  expect(await storedInInbox(bob)).not.toContain(OLD);
});

test("the replies of a thread outlive its root, and nobody follows it any more", async () => {
  const id = await groupFor(10);
  const { seq: root } = await send(ann, id, OLD);
  await age(id, 6);
  const { seq: answer } = await send(bob, id, aside(root, "an answer"));
  expect(await listedConversation(ann, id)).toMatchObject({ threads_unread: 1 });
  await age(id, 5);
  await expire(id);
  expect(await listedConversation(ann, id)).toMatchObject({ threads_unread: 0 });
  expect((await page(ann, id, "?threads=all")).items.map(({ seq }) => seq)).toEqual([answer]);
  expect(await followed(ann, id)).toMatchObject({ items: [] });
  expect((await ask(bob, id, "POST", "/messages", aside(root, "another"))).status).toBe(404);
  await evict(id);
  expect(await getConversation(ann, id)).toMatchObject({ threads_unread: 0 });
});

test("a message that is marked unread takes the mark with it", async () => {
  const id = await groupFor(10);
  const { seq } = await send(ann, id, OLD);
  await age(id, 6);
  await send(ann, id, "two");
  const { seq: last } = await send(ann, id, "three");
  await expectAsked(bob, id, "PUT", "/read", { seq: last });
  await expectAsked(bob, id, "PUT", "/read", { seq, unread: true });
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 3, unread_from: seq });
  await age(id, 5);
  await expire(id);
  const shown = await listedConversation(bob, id);
  expect(shown).toMatchObject({ unread_count: 0 });
  expect(shown).not.toHaveProperty("unread_from");
});

test("a hook that was behind is told of what has not expired, and of nothing before", async () => {
  const id = await groupFor(10);
  const receiver = await HookReceiver.start(key, { events: ["message.created"], conversations: [id] });
  const path = `/v1/server/hooks/${receiver.id}`;
  // The receiver wants to hear no more, until somebody makes the hook active again.
  await receiver.answer(410);
  await send(ann, id, OLD);
  await eventually(async () =>
    expect((await call("GET", path, { token: key })).body).toMatchObject({ state: "gone" }),
  );
  await age(id, 11);
  await send(ann, id, "kept");
  await expire(id);
  expect((await call("PATCH", path, { token: key, body: { state: "active" } })).status).toBe(200);
  await runAlarm(id);
  const events = await receiver.until(1);
  expect(events.map(({ data }) => data.message?.body.text)).toEqual(["kept"]);
  // Nothing is left to tell: the job ends.
  await eventually(async () => expect(await hookJobs(id)).toBe(0));
  await call("DELETE", path, { token: key });
});

test("a hide, of which no hook is told, leaves no job of a hook behind", async () => {
  const id = await groupFor(10);
  const receiver = await HookReceiver.start(key, { events: ["*"], conversations: [id] });
  const { seq } = await send(ann, id, "hidden");
  await receiver.until(1);
  expect((await ask(bob, id, "DELETE", `/messages/${seq}?for=me`)).status).toBe(204);
  for (const _ of range(1, 3)) await runAlarm(id);
  expect(await hookJobs(id)).toBe(0);
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
});

function hookJobs(id: ConversationId): Promise<number> {
  return runInDurableObject(
    conversationObject(id),
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'hooks'").toArray().length,
  );
}

test("an export has nothing that has expired, and names none of it", async () => {
  const id = await groupFor(10);
  const { seq } = await send(ann, id, `${OLD} first`);
  await age(id, 6);
  await send(bob, id, { kind: "text", body: { text: "quoting" }, quote_seq: seq });
  await age(id, 5);
  // Nothing is emptied yet.
  await runRetention(id);
  const exporting = (await makeServerKey(["data"])).text;
  const { records } = await exportAll(exporting, `/v1/server/conversations/${id}/export`);
  expect(JSON.stringify(records)).toContain("quoting");
  expect(JSON.stringify(records)).not.toContain(OLD);
});

test("many go in parts: at once for readers, a few hundred a turn for the storage", async () => {
  const id = await groupFor(10);
  const room = await openRoom(id, ann.token);
  const text = (n: number) => ({ kind: "text", body: { text: `${OLD} ${n}` } });
  for (const part of range(0, 6))
    room.send({ type: "sends", items: range(1, 64).map((n) => text(64 * part + n)) });
  await room.until(({ acks }) => acks.length === 448);
  room.close();
  const { seq } = await send(ann, id, { kind: "text", body: { text: OLD } });
  await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("❤")}`);
  await age(id, 6);
  await send(ann, id, "kept");
  // A send after it would have the alarm run at once, which is one turn more.
  await age(id, 5);
  const emptied = await runRetention(id);
  expect((await page(bob, id, "?limit=100")).items).toHaveLength(1);
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 1 });
  expect(emptied).toBeLessThanOrEqual(200);
  await expire(id);
  const all = await runInDurableObject(conversationObject(id), (_, { storage }) => emptiedSeq(storage));
  expect(all).toBe(seq);
  expect(await storedInConversation(id)).not.toContain(OLD);
});

test("expiry that is cut short at any step goes on to its end", async () => {
  await eachStep("expiry", 6, async (step) => {
    const id = await groupFor(10);
    await send(bob, id, OLD);
    const { seq } = await send(ann, id, OLD);
    await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("❤")}`);
    await age(id, 6);
    const { seq: kept } = await send(ann, id, "kept");
    // A send after it would have the alarm run at once, before anything can break.
    await age(id, 5);
    const broken = await breakAt("conversation", step, { conversationId: id, userId: bob.user.id });
    try {
      await expire(id).catch(() => undefined);
    } finally {
      broken[Symbol.dispose]();
    }
    await expire(id);
    expect((await page(bob, id)).items.map((one) => one.seq)).toEqual([kept]);
    expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 1 });
    expect(await storedInConversation(id)).not.toContain(OLD);
    return { isHit: broken.isHit, steps: broken.steps };
  });
});

test("an account that is erased afterwards, and one that reacted, find nothing left to do there", async () => {
  const id = await groupFor(10);
  const { seq } = await send(ann, id, OLD);
  await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("❤")}`);
  await send(bob, id, OLD);
  await age(id, 11);
  const { seq: last } = await send(bob, id, "mine");
  await runRetention(id);
  const path = `/v1/server/users/${bob.user.id}?messages=erase`;
  expect((await call("DELETE", path, { token: key })).status).toBe(202);
  await expire(id);
  const { items } = await page(ann, id);
  expect(items.filter(({ kind }) => kind !== "tip").map((one) => [one.seq, one.revoked])).toEqual([
    [last, true],
  ]);
  expect(await storedInConversation(id)).not.toContain(OLD);
});

test("what a legal hold keeps of the expired takes no place, no client message id, and goes by an erasure", async () => {
  const id = await groupFor(10);
  const first = await send(ann, id, "emptied alone, as it has a reaction");
  await expectAsked(bob, id, "PUT", `/messages/${first.seq}/reactions/${encodeURIComponent("❤")}`);
  const once = (words: string) => ({ kind: "text", body: { text: words }, client_msg_id: "once" });
  await send(bob, id, once(OLD));
  for (const n of range(1, LIMITS.pins)) await send(ann, id, `pinned ${n}`);
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    const pin = "UPDATE messages SET pinned_at = 1, pinned_by = ? WHERE body LIKE '%pinned%'";
    storage.sql.exec(pin, ann.user.id);
  });
  await age(id, 11);
  const { seq: kept } = await send(ann, id, "kept");
  await runRetention(id);
  expect((await keep(key, id, "group", { legal_hold: true })).status).toBe(200);
  expect(await storedInConversation(id)).toContain(OLD);
  await expectAsked(ann, id, "PUT", `/messages/${kept}/pin`);
  const stored = await send(bob, id, once("said again"));
  expect(stored).toMatchObject({ body: { text: "said again" } });
  const repeat = await ask(bob, id, "POST", "/messages", once("said again"));
  expect(repeat).toMatchObject({ status: 200, body: { seq: stored.seq } });
  const path = `/v1/server/users/${bob.user.id}?messages=erase`;
  expect((await call("DELETE", path, { token: key })).status).toBe(202);
  await eventually(async () => expect(await storedInConversation(id)).not.toContain(OLD));
  const { items } = await page(ann, id);
  expect(items.filter(({ kind }) => kind !== "tip")).toMatchObject([
    { body: { text: "kept" } },
    { seq: stored.seq, revoked: true },
  ]);
});

test("without a term a send writes and reads what it did, and with one no more", async () => {
  overrideTiming({ fanout: { cooldownMs: 500 } });
  const [plain, kept] = [ConversationId.parse((await createGroup(ann, [bob])).id), await groupFor(10)];
  const costs = async (id: ConversationId) => {
    await send(ann, id, "the first of a burst");
    await untilCheckpoint(id);
    using counted = new Costs();
    await counted.watch("conversation", conversationObject(id));
    for (const n of range(1, 20)) await send(ann, id, `message ${n}`);
    return counted.rows("conversation");
  };
  const without = await costs(plain);
  expect(await costs(kept)).toBeLessThanOrEqual(without);
});
