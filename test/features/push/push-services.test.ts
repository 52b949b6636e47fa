import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { inboxObject, itemAt, range } from "../../support/objects/room.ts";
import { loseInbox, push, pushJobs, runPushes } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming, timing } from "../../support/timing.ts";

let ann: SignedIn;
let ben: SignedIn;
let group = 0;

beforeAll(() => setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } }));

beforeEach(async () => {
  const users = await registerUsers(2);
  [ann, ben] = [itemAt(users, 0), itemAt(users, 1)];
  group = (await createGroup(ann, [ben])).id;
});
afterEach(() => {
  vi.restoreAllMocks();
});

const devices = ({ user }: SignedIn) =>
  runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    storage.sql
      .exec("SELECT device_id FROM push_devices")
      .toArray()
      .map((row) => row.device_id),
  );

test.each([404, 410])("a service that answers %i ends the device", async (status) => {
  const [gone, stays] = [await PushReceiver.of(ben), await PushReceiver.of(ben)];
  await gone.answer(status);
  await send(ann, group, "hello");
  await push(ben);
  expect(await devices(ben)).toEqual([stays.endpoint.slice(-36)]);
  await send(ann, group, "again");
  await push(ben);
  expect(await gone.all()).toHaveLength(1);
  expect(await stays.all()).toHaveLength(2);
});

test.each([429, 503])(
  "a push that is answered %i is tried again, in longer and longer pauses",
  async (status) => {
    const laptop = await PushReceiver.of(ben);
    await laptop.answer(status, status);
    const { seq } = await send(ann, group, "hello");
    await push(ben);
    const { firstPauseMs } = timing.push;
    await runPushes(ben, firstPauseMs / 2);
    expect(await laptop.all()).toHaveLength(1);
    await runPushes(ben, firstPauseMs / 2 + 1);
    await runPushes(ben, firstPauseMs + 1);
    expect(await laptop.all()).toHaveLength(2);
    await runPushes(ben, firstPauseMs + 1);
    expect((await laptop.all()).map((one) => [one.seq, one.status])).toEqual([
      [seq, status],
      [seq, status],
      [seq, 204],
    ]);
    expect(await pushJobs(ben)).toBe(0);
  },
);

test("a push is given up after a day", async () => {
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(...range(1, 100).map(() => 503));
  await send(ann, group, "hello");
  await push(ben);
  await runPushes(ben, timing.push.ttlMs);
  const tried = (await laptop.all()).length;
  expect(await pushJobs(ben)).toBe(0);
  expect(tried).toBeLessThan(3);
});

test("what a service was about to be told again is dropped once it is read", async () => {
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(429);
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await call("PUT", `/v1/conversations/${group}/read`, { token: ben.token, body: { seq } });
  await runPushes(ben, timing.push.graceMs + timing.push.firstPauseMs);
  expect(await laptop.all()).toHaveLength(1);
  expect(await pushJobs(ben)).toBe(0);
});

test("of many devices a third is gone, a third is told to wait, and one hangs: the others are pushed once", async () => {
  const restore = setTiming({ push: { answerMs: 3_000 } });
  const all = await Promise.all(range(1, 10).map(() => PushReceiver.of(ben)));
  for (const [i, one] of all.entries())
    await one.answer(...(([[410], [429], ["hang"], [204]] as const)[i % 4] ?? []));
  const { seq } = await send(ann, group, "hello");
  await push(ben);
  await runPushes(ben, timing.push.maxPauseMs);
  const next = await send(ann, group, "again");
  await push(ben);
  await runPushes(ben, timing.push.maxPauseMs);
  restore();
  for (const [i, one] of all.entries()) {
    const seen = (await one.all()).map((push) => `${push.seq} ${push.status}`);
    const [first, second] = [`${seq}`, `${next.seq}`];
    expect(seen).toEqual(
      [
        [`${first} 410`],
        [`${first} 429`, `${first} 204`, `${second} 204`],
        [`${first} hang`, `${second} 204`],
        [`${first} 204`, `${second} 204`],
      ][i % 4],
    );
  }
});

test("no log has an endpoint, a key or a text", async () => {
  const lines: unknown[] = [];
  for (const level of ["info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(line));
  const laptop = await PushReceiver.of(ben);
  await laptop.answer(400, 503);
  await send(ann, group, "a secret text");
  await push(ben);
  await send(ann, group, "a secret text");
  await push(ben);
  const text = lines.join("\n");
  expect(text).toContain("push_refused");
  const { endpoint, keys } = laptop.subscription;
  for (const secret of [endpoint, endpoint.slice(-36), keys.auth, keys.p256dh, "a secret text"])
    expect(text).not.toContain(secret);
});

test.each(["before the service answers", "before the push goes out"])(
  "an inbox that is killed %s pushes a device no message twice",
  async (when) => {
    const laptop = await PushReceiver.of(ben);
    if (when === "before the service answers") await laptop.answer("hang");
    const { seq } = await send(ann, group, "hello");
    await expect.poll(() => pushJobs(ben)).toBe(1);
    const running = runPushes(ben).catch(() => undefined);
    if (when === "before the service answers") await laptop.until(1);
    await loseInbox(ben);
    await running;
    await runPushes(ben, timing.jobs.besideMs + timing.push.maxPauseMs);
    const next = await send(ann, group, "again");
    await push(ben);
    const kinds = await laptop.kinds();
    expect(kinds.filter((one) => one === `message ${seq}`).length).toBeLessThanOrEqual(1);
    expect(kinds.filter((one) => one === `message ${next.seq}`)).toHaveLength(1);
  },
);
