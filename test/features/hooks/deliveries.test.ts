import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { FailedDeliveries, Hook, RotatedHook } from "../../../src/surfaces/v1/server/hooks.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, freshName, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver, type ReceivedEvent } from "../../support/hooks/receiver.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

const DAY_MS = 24 * 60 * 60_000;

let key = "";
let ann: SignedIn;
let ben: SignedIn;
let cleo: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["hooks"])).text;
  [ann, ben, cleo] = await threeUsers();
  const name = "UPDATE users SET external_id = 'hooked-ann' WHERE id = ?";
  await env.DB.prepare(name).bind(ann.user.id).run();
});

async function threeUsers(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const [one, two, three] = await signedInUsers(3, (10 * DAY_MS) / 1_000);
  if (!one || !two || !three) throw new Error("three users");
  return [one, two, three];
}

/** A hook of one conversation, which is deleted after the file: conversations of other files have none. */
const hooks: HookReceiver[] = [];
async function hookOf(id: number, more: object = {}): Promise<HookReceiver> {
  const receiver = await HookReceiver.start(key, { events: ["*"], conversations: [id], ...more });
  hooks.push(receiver);
  return receiver;
}
afterAll(async () => {
  for (const { id } of hooks) await call("DELETE", `/v1/server/hooks/${id}`, { token: key });
});

const failed = async ({ id }: HookReceiver) => {
  const { status, body } = await call("GET", `/v1/server/hooks/${id}/deliveries?state=failed`, {
    token: key,
  });
  expect(status).toBe(200);
  return FailedDeliveries.parse(body).items;
};
const hook = async ({ id }: HookReceiver) =>
  Hook.parse((await call("GET", `/v1/server/hooks/${id}`, { token: key })).body);
const patch = ({ id }: HookReceiver, body: object) =>
  call("PATCH", `/v1/server/hooks/${id}`, { token: key, body });
/** Alarms are set by the clock of the machine, which a test has left behind. A run may still be under way. */
const untilAlarm = (id: number, holds: () => Promise<void>) =>
  eventually(async () => {
    await runDurableObjectAlarm(conversationObject(ConversationId.parse(id)));
    await holds();
  });
/** When the job of a conversation's hook, or of a hook's users, runs (ms since 1970). */
const jobDue = (of: { conversation: number } | { hook: string }) => {
  const due =
    (kind: string) =>
    (_: unknown, { storage }: DurableObjectState) =>
      storage.sql.exec<{ due: number }>("SELECT due FROM jobs WHERE kind = ?", kind).one().due;
  return "hook" in of
    ? runInDurableObject(env.HOOK.getByName(of.hook), due("users"))
    : runInDurableObject(conversationObject(ConversationId.parse(of.conversation)), due("hooks"));
};
const texts = (events: ReceivedEvent[]) => events.map(({ data }) => data.message?.body.text);

test("a hook is told of messages, of their changes and of members, in the order of the conversation", async () => {
  const { id } = await createGroup(ann, [ben]);
  await send(ann, id, "before");
  const receiver = await hookOf(id);
  const first = await send(ann, id, "one");
  await send(ben, id, "two");
  await receiver.until(2);
  const edit = { body: { text: "one!" }, base_version: 1 };
  await call("PATCH", `/v1/conversations/${id}/messages/${first.seq}`, { token: ann.token, body: edit });
  await receiver.until(3);
  await deleteMessage(ann, id, first.seq, "everyone");
  await receiver.until(4);
  const members = `/v1/conversations/${id}/members`;
  await call("POST", members, { token: ann.token, body: { user_ids: [cleo.user.id] } });
  await receiver.until(5);
  await call("DELETE", `${members}/${cleo.user.id}`, { token: ann.token });
  await receiver.until(6);
  await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "Hike" } });
  await receiver.until(8);
  await call("DELETE", `/v1/conversations/${id}`, { token: ann.token });
  const events = await receiver.until(9);
  expect(events.map(({ type, data }) => [type, data.seq])).toEqual([
    ...[
      ["message.created", first.seq],
      ["message.created", 3],
      ["message.changed", first.seq],
    ],
    ...[
      ["message.revoked", first.seq],
      ["member.joined", 4],
      ["member.left", 5],
    ],
    // The system message that tells members of the name.
    ...[
      ["message.created", 6],
      ["conversation.changed", 6],
      ["conversation.dissolved", 6],
    ],
  ]);
  expect(events[0]).toEqual({
    id: `evt_c${id}_s2`,
    type: "message.created",
    timestamp: new Date(first.created_at).toISOString(),
    data: {
      ...{ conversation_id: id, conversation_external_id: null, seq: first.seq, rev: 0 },
      message: expect.objectContaining({
        ...{ seq: first.seq, body: { text: "one" }, reactions: [] },
        sender: expect.objectContaining({ id: ann.user.id, external_id: "hooked-ann" }),
      }),
    },
  });
  expect(events[2]?.data).toMatchObject({ rev: 1, message: { body: { text: "one!" }, version: 2 } });
  expect(events[3]?.data).toMatchObject({ rev: 2, message: { body: {}, revoked: true } });
  const removal = {
    ...{ event: "removed", actor_id: ann.user.id, user_ids: [cleo.user.id] },
    ...{ actor_external_id: "hooked-ann", external_ids: [null] },
  };
  expect(events[5]?.data.member).toEqual(removal);
  expect(events[7]?.data.conversation).toMatchObject({ id, kind: "group", name: "Hike", member_count: 2 });
  expect(events[8]?.data.conversation).toMatchObject({ id, dissolved_at: expect.any(Number) });
});

test("an event that is not taken is tried again under its id, and those behind it wait, of this hook alone", async () => {
  const { id } = await createGroup(ann, [ben]);
  const [receiver, other] = [await hookOf(id), await hookOf(id)];
  await receiver.answer(500, 302, 404, 503);
  for (const text of ["one", "two", "three"]) await send(ann, id, text);
  expect(texts(await other.until(3))).toEqual(["one", "two", "three"]);
  await receiver.untilCalls(2);
  const [waiting] = await failed(receiver);
  expect(waiting).toMatchObject({ id: `evt_c${id}_s1`, type: "message.created", conversation_id: id });
  const events = await receiver.until(3);
  expect(texts(events)).toEqual(["one", "two", "three"]);
  const ids = (await receiver.calls()).map(({ headers }) => headers["webhook-id"]);
  expect(ids).toEqual([1, 1, 1, 1, 1, 2, 3].map((seq) => `evt_c${id}_s${seq}`));
  await expect.poll(() => failed(receiver)).toEqual([]);
  expect(await failed(other)).toEqual([]);
});

test("what comes while a hook is called does not shorten the pause after a failure", async () => {
  overrideTiming({ hooks: { retryUnitMs: 1_000 } });
  const { id } = await createGroup(ann, [ben]);
  const [ofGroup, ofUsers] = [await hookOf(id), await HookReceiver.start(key, { events: ["user.created"] })];
  hooks.push(ofUsers);
  for (const receiver of [ofGroup, ofUsers]) await receiver.answer("hang");
  await Promise.all([send(ann, id, "one"), register(freshName())]);
  for (const receiver of [ofGroup, ofUsers]) await receiver.untilCalls(1);
  await Promise.all([send(ann, id, "two"), register(freshName())]);
  for (const receiver of [ofGroup, ofUsers]) await receiver.release(500);
  for (const [receiver, due] of [
    [ofGroup, () => jobDue({ conversation: id })],
    [ofUsers, () => jobDue({ hook: ofUsers.id })],
  ] as const) {
    await expect.poll(() => failed(receiver)).toMatchObject([{ tries: 1 }]);
    const [failure] = await failed(receiver);
    await expect.poll(due).toBe(failure?.next_at);
  }
});

test("410 ends a hook. Made active again, it goes on with the event that had failed", async () => {
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  await receiver.answer(410);
  await send(ann, id, "one");
  await receiver.untilCalls(1);
  await expect.poll(async () => (await hook(receiver)).state).toBe("gone");
  await send(ann, id, "two");
  expect((await patch(receiver, { state: "active" })).status).toBe(200);
  expect(texts(await receiver.until(2))).toEqual(["one", "two"]);
  expect(await receiver.calls()).toHaveLength(3);
});

test("a hook that has missed much is told of a change behind its message, though changes came in another order", async () => {
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  await receiver.answer(410);
  const sent = [await send(ann, id, "0")];
  await expect.poll(async () => (await hook(receiver)).state).toBe("gone");
  // More than the page that a hook is told at once.
  for (let i = 1; i <= 25; i++) sent.push(await send(ann, id, `${i}`));
  const [first, last] = [sent.at(0), sent.at(-1)];
  if (!first || !last) throw new Error("messages were sent");
  for (const { seq } of [last, first]) await edit(ann, id, seq, { body: { text: "new" }, base_version: 1 });
  await patch(receiver, { state: "active" });
  const events = await receiver.until(28);
  const changes = events.slice(26).map(({ type, data }) => [type, data.message?.seq]);
  expect(changes).toEqual([last, first].map(({ seq }) => ["message.changed", seq]));
});

test("a hook that has failed for three days is disabled, and misses nothing", async () => {
  overrideTiming({ hooks: { retryUnitMs: 1_000 } });
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  await receiver.answer(500, 500);
  // Days without an event are no failure.
  advanceClock(4 * DAY_MS);
  await send(ann, id, "one");
  await untilAlarm(id, async () => expect(await failed(receiver)).toHaveLength(1));
  expect((await hook(receiver)).state).toBe("active");
  advanceClock(3 * DAY_MS);
  await untilAlarm(id, async () => expect((await hook(receiver)).state).toBe("disabled"));
  await send(ann, id, "two");
  await patch(receiver, { state: "active" });
  await untilAlarm(id, async () => expect(await receiver.calls()).toHaveLength(4));
  expect(texts(await receiver.until(2))).toEqual(["one", "two"]);
});

test("a replay tells again what came since a time, under the same ids, and a later event once", async () => {
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  const first = await send(ann, id, "one");
  // A message of a later millisecond.
  advanceClock(5);
  const second = await send(ann, id, "two");
  await call("PUT", `/v1/conversations/${id}/messages/${first.seq}/reactions/%F0%9F%91%8D`, {
    token: ben.token,
  });
  const before = await receiver.until(3);
  const replay = { since: second.created_at };
  expect(
    (await call("POST", `/v1/server/hooks/${receiver.id}/replay`, { token: key, body: replay })).status,
  ).toBe(202);
  await send(ann, id, "three");
  const calls = await receiver.untilCalls(6);
  const again = calls.slice(3).map((one) => receiver.verified(one));
  expect(again.map(({ id }) => id)).toEqual([before[1]?.id, `evt_c${id}_s3`, before[2]?.id]);
});

test("both secrets sign for a day after a rotation", async () => {
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  const { body } = await call("POST", `/v1/server/hooks/${receiver.id}/rotate`, { token: key });
  const former = receiver.secret;
  const { secret } = RotatedHook.parse(body);
  await send(ann, id, "one");
  const [first] = await receiver.untilCalls(1);
  expect(first && receiver.verified(first).id).toBe(`evt_c${id}_s1`);
  receiver.secret = secret;
  expect(first && receiver.verified(first).id).toBe(`evt_c${id}_s1`);
  advanceClock(DAY_MS + 1);
  await send(ann, id, "two");
  await untilAlarm(id, async () => expect(await receiver.calls()).toHaveLength(2));
  const [, second] = await receiver.calls();
  receiver.secret = former;
  expect(() => second && receiver.verified(second)).toThrow("wrong signature");
});

test("a hook without conversations is told of every one, also of one that is made later", async () => {
  const receiver = await HookReceiver.start(key, { events: ["conversation.created", "message.created"] });
  hooks.push(receiver);
  const { id } = await createGroup(ann, [ben]);
  await send(ann, id, "one");
  const ofGroup = async () =>
    (await receiver.calls())
      .map((one) => receiver.verified(one))
      .filter(({ data }) => data.conversation_id === id);
  const types = async () => (await ofGroup()).map(({ type }) => type);
  await expect.poll(types).toEqual(["conversation.created", "message.created"]);
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
  const calls = (await receiver.calls()).length;
  await send(ann, id, "two");
  await runDurableObjectAlarm(conversationObject(ConversationId.parse(id)));
  expect(await receiver.calls()).toHaveLength(calls);
});

test("a hook is told of a notice by nobody, as of any message", async () => {
  const { id } = await createGroup(ann, [ben]);
  const receiver = await hookOf(id);
  const { text: token } = await makeServerKey(["messages"]);
  const body = { as: null, kind: "system", body: { text: "The lesson begins", event: "began" } };
  const path = `/v1/server/conversations/${id}/messages`;
  expect((await call("POST", path, { token, body })).status).toBe(201);
  const [event] = await receiver.until(1);
  expect(event).toMatchObject({
    type: "message.created",
    data: { conversation_id: id, seq: 1, message: { kind: "system", body: body.body, sender: { id: 0 } } },
  });
});
