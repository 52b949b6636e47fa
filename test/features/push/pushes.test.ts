import { beforeAll, beforeEach, expect, test } from "vitest";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evictInbox, push, pushJobs, runPushes } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let ben: SignedIn;
let group = 0;
let laptop: PushReceiver;

// The alarm of the platform comes by the machine's clock: no job runs by itself here.
beforeAll(() => setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } }));

beforeEach(async () => {
  [ann, ben] = await registerUsers(2);
  group = (await createGroup(ann, [ben])).id;
  laptop = await PushReceiver.of(ben);
});

const read = (user: SignedIn, id: number, seq: number) =>
  call("PUT", `/v1/conversations/${id}/read`, { token: user.token, body: { seq } });

test("a message that is not read is pushed once, encrypted and signed", async () => {
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  const pushes = await laptop.all();
  expect(pushes).toHaveLength(1);
  expect(pushes[0]).toMatchObject({
    user_id: ben.user.id,
    ...{ kind: "message", conversation_id: group, seq, badge: 1 },
    text: expect.stringMatching(/: hello$/),
    headers: { urgency: "normal", topic: expect.stringMatching(/^[\w-]{32}$/) },
  });
  expect(Number(pushes[0]?.headers.ttl)).toBeGreaterThan(86_000);
  expect(await pushJobs(ben)).toBe(0);
});

test("who reads within the grace is pushed nothing", async () => {
  const { seq } = await send(ann, group, "read at once");
  await expect.poll(() => pushJobs(ben)).toBe(1);
  await read(ben, group, seq);
  await runPushes(ben);
  const next = await send(ann, group, "not read");
  await push(ben);
  expect(await laptop.kinds()).toEqual([`message ${next.seq}`]);
});

test("an inbox that is evicted meanwhile pushes all the same, and no device twice", async () => {
  const phone = await PushReceiver.of(ben);
  const { seq } = await send(ann, group, "hello");
  await expect.poll(() => pushJobs(ben)).toBe(1);
  await evictInbox(ben);
  await runPushes(ben);
  await evictInbox(ben);
  await runPushes(ben);
  const again = await send(ann, group, "again");
  await push(ben);
  for (const device of [laptop, phone])
    expect(await device.kinds()).toEqual([`message ${seq}`, `message ${again.seq}`]);
});

test("the badge is that of all conversations, on each device", async () => {
  const phone = await PushReceiver.of(ben);
  const { id: direct } = await openDirect(ann, ben);
  await send(ann, direct, "one");
  await push(ben);
  await send(ann, group, "two");
  const { seq } = await send(ann, group, "three");
  await push(ben);
  await read(ben, group, seq);
  await push(ben);
  for (const device of [laptop, phone]) {
    const pushes = await device.all();
    expect(pushes.map(({ kind, badge }) => [kind, badge])).toEqual([
      ["message", 1],
      ["message", 3],
      ["clear", 1],
    ]);
  }
});

test("an edit replaces what is shown, and a revoke clears it, under one topic", async () => {
  const { seq } = await send(ann, group, "helo");
  await push(ben);
  const path = `/v1/conversations/${group}/messages/${seq}`;
  await call("PATCH", path, { token: ann.token, body: { body: { text: "hello" }, base_version: 1 } });
  await push(ben);
  await deleteMessage(ann, group, seq, "everyone");
  await push(ben);
  const pushes = await laptop.all();
  expect(pushes.map(({ kind, badge }) => [kind, badge])).toEqual([
    ["message", 1],
    ["edit", 1],
    ["clear", 0],
  ]);
  expect(itemAt(pushes, 1).text).toMatch(/: hello$/);
  expect(itemAt(pushes, 2)).toMatchObject({ title: "", text: "" });
  expect(new Set(pushes.map(({ headers }) => headers.topic)).size).toBe(1);
});

test("own messages, system messages and silent ones are not pushed", async () => {
  await send(ben, group, "my own");
  const name = { name: "Another name" };
  await call("PATCH", `/v1/conversations/${group}`, { token: ann.token, body: name });
  const { seq } = await send(ann, group, "hello");
  await call("PATCH", `/v1/conversations/${group}`, { token: ann.token, body: { name: "A third name" } });
  await push(ben);
  expect(await laptop.all()).toMatchObject([{ seq, title: "A third name", badge: 1 }]);
});
