import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo, untilAcked } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { Stopwatch } from "../../support/clock.ts";
import { whileHeld } from "../../support/event-loop.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept } from "../../support/faults/calls.ts";
import { Costs } from "../../support/objects/costs.ts";
import { createGroupId, itemAt, postText, range, textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

const MEMBERS = 500;
const ONLINE = 20;
/** Users from this index on have no device and send no request. */
const SILENT = ONLINE + 50;
const MESSAGES = 80;
/** A message on an open device later than this (ms) is delayed. */
const LATE_MS = 2_000;

let users: SignedIn[];
/** Open devices: half of them connected before the group was created. */
let online: TestSocket[];
let id: ConversationId;
let costs: Costs;
let startedAt: number;
/** the number of messages */
let last = 0;

// The pace of calls does not change what is delivered. A silent socket is held for 10 ms only.
beforeAll(() => setTiming({ pace: { perSecond: 10_000, burst: 1_000 }, deviceFeed: { holdMs: 10 } }));

beforeAll(async () => {
  users = await signedInUsers(MEMBERS);
  costs = new Costs(users.slice(SILENT));
  startedAt = Date.now();
  online = [];
  for (const { token } of users.slice(0, ONLINE / 2)) online.push(await openDevice(token));
  id = await createGroupId(itemAt(users, 0), ...users.slice(1));
  // 500 inboxes at the pace take seconds on an idle machine.
  await whileHeld(() => costs.newestSeq.size < MEMBERS);
  for (const { token } of users.slice(ONLINE / 2, ONLINE)) online.push(await openDevice(token));
});

afterAll(() => costs[Symbol.dispose]());

/** Resolves once a device has each message from `first` to the newest once and in order. */
async function expectUpToDate(device: TestSocket, first: number): Promise<void> {
  await device.until(() => seqsKnownTo(device, id).length > last - first);
  expect(seqsKnownTo(device, id).toSorted((a, b) => a - b)).toEqual(range(first, last));
  expect(device.seqs).toEqual(device.seqs.toSorted((a, b) => a - b));
}

const unread = async (who: SignedIn) => (await listedConversation(who, id)).unread_count;

test("20 members with a device get 80 messages once, in order, whichever way they are sent", async () => {
  const [single, several, inRoom] = [
    itemAt(online, 1),
    itemAt(online, 2),
    await openRoom(id, itemAt(users, 3).token),
  ];
  for (const round of range(1, MESSAGES / 20)) {
    const item = (n: number) => ({ ...textFrame(`${round} ${n}`, `${round} ${n}`), conversation_id: id });
    for (const n of range(1, 5)) single.send(item(n));
    several.send({ type: "sends", items: range(6, 10).map(item) });
    for (const n of range(11, 15)) inRoom.send(textFrame(`${round} ${n}`, `${round} ${n}`));
    for (const n of range(16, 20)) await postText(id, itemAt(users, 0), `${round} ${n}`);
    for (const socket of [single, several, inRoom]) await untilAcked(socket, 5 * round);
  }
  last += MESSAGES;
  for (const device of online) await expectUpToDate(device, 1);
});

test("the list of a member without devices is current when it is loaded", async () => {
  for (const member of users.slice(ONLINE + 10, SILENT)) expect(await unread(member)).toBe(last);
});

test("a device that connects later gets all further messages without delay", async () => {
  const device = await openDevice(itemAt(users, ONLINE).token);
  const first = last + 1;
  const delays: number[] = [];
  for (const _ of range(1, 20)) {
    using watch = new Stopwatch();
    last = await postText(id, itemAt(users, 0), "now");
    await expectUpToDate(device, first);
    delays.push(watch.ms);
  }
  expect(Math.max(...delays)).toBeLessThan(LATE_MS);
  for (const each of online) await expectUpToDate(each, 1);
});

/** Opens a device whose `subscribe` call to the group is lost. */
async function openWithoutSubscribe(who: SignedIn): Promise<TestSocket> {
  using _ = intercept((call) => {
    if (call.method === "snapshot") throw new Error("Network connection lost.");
    return call.work();
  });
  return await openDevice(who.token);
}

/** Sends a message, and expects the device to get it without delay. */
async function expectNoDelay(device: TestSocket): Promise<void> {
  using watch = new Stopwatch();
  last = await postText(id, itemAt(users, 0), "now");
  await device.until(() => seqsKnownTo(device, id).includes(last));
  expect(watch.ms).toBeLessThan(LATE_MS);
}

test("a device whose subscribe call is lost gets messages without delay after a sync", async () => {
  const device = await openWithoutSubscribe(itemAt(users, ONLINE + 2));
  device.send({ type: "sync", conversation_id: id, after: last, rev: 0 });
  await device.until(({ frames }) => frames.some(({ has_more }) => has_more === false));
  await expectNoDelay(device);
  device.close();
});

test("a device whose subscribe call is lost gets messages without delay after a send", async () => {
  const device = await openWithoutSubscribe(itemAt(users, ONLINE + 3));
  device.send({ ...textFrame("here"), conversation_id: id });
  await untilAcked(device, 1);
  await expectNoDelay(device);
  device.close();
});

test("the list of a member who only polls is current after any pause", async () => {
  const poller = itemAt(users, ONLINE + 1);
  const now = Date.now;
  let ahead = 0;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + ahead);
  onTestFinished(() => clock.mockRestore());
  expect(await unread(poller)).toBe(last);
  for (const seconds of [0, 1, 5, 9, 11, 16, 30, 61, 9, 120]) {
    ahead += 1_000 * seconds;
    for (const _ of range(1, 3)) last = await postText(id, itemAt(users, 0), "meanwhile");
    // A recent poller gets inbox updates from the fan-out, which takes a moment. After a longer pause the
    // inbox asks the group before it answers.
    if (seconds > 10) expect(await unread(poller)).toBe(last);
    else {
      using watch = new Stopwatch();
      await eventually(async () => expect(await unread(poller)).toBe(last));
      expect(watch.ms).toBeLessThan(LATE_MS);
    }
  }
});

test("a silent member gets one inbox update at first, and then at most one a minute", async () => {
  const minutes = Math.floor((Date.now() - startedAt) / 60_000);
  const silent = users.slice(SILENT).map(({ user }) => costs.inboxUpdates.get(String(user.id)) ?? 0);
  expect(Math.min(...silent)).toBe(1);
  expect(Math.max(...silent)).toBeLessThanOrEqual(1 + minutes);
});

test("a device whose subscribe call is lost gets messages without delay after its client loads the list", async () => {
  const who = itemAt(users, ONLINE + 4);
  const device = await openWithoutSubscribe(who);
  await listedConversation(who, id);
  // A loaded list is a subscription for 15 seconds. The clock moves beyond all earlier tests, as the group
  // does not accept a clock that goes back.
  const now = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 1_000_000);
  onTestFinished(() => clock.mockRestore());
  await expectNoDelay(device);
});
