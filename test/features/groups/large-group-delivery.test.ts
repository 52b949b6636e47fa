import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedIn } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listed } from "../../support/clients/chat.ts";
import { acked, seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { Stopwatch } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept } from "../../support/faults/calls.ts";
import { Costs } from "../../support/objects/costs.ts";
import { at, newGroup, post, range, text } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

const MEMBERS = 500;
const ONLINE = 20;
/** From here on nobody has a device, or asks for anything. */
const SILENT = ONLINE + 50;
const MESSAGES = 200;
/** So late is a message for somebody whose device is open. */
const LATE_MS = 2_000;

let users: SignedIn[];
/** Who is told by devices: half of them were there before the group. */
let online: TestSocket[];
let id: ConversationId;
let costs: Costs;
let startedAt: number;
/** how many messages there are */
let last = 0;

// How fast calls follow each other changes nothing of what is told; a socket that has said nothing is held for a moment.
beforeAll(() => setTiming({ pace: { perSecond: 10_000, burst: 1_000 }, deviceFeed: { holdMs: 10 } }));

beforeAll(async () => {
  users = await signedIn(MEMBERS);
  costs = new Costs(users.slice(SILENT));
  startedAt = Date.now();
  online = [];
  for (const { token } of users.slice(0, ONLINE / 2)) online.push(await openDevice(token));
  id = await newGroup(at(users, 0), ...users.slice(1));
  await vi.waitFor(() => expect(costs.told.size).toBe(MEMBERS), { timeout: 100_000, interval: 20 });
  for (const { token } of users.slice(ONLINE / 2, ONLINE)) online.push(await openDevice(token));
});

afterAll(() => costs[Symbol.dispose]());

/** Resolves once a device has all up to the newest message, each once and in order from the first it was told. */
async function upToDate(device: TestSocket, first: number): Promise<void> {
  await device.until(() => seqsKnownTo(device, id).length > last - first);
  expect(seqsKnownTo(device, id).toSorted((a, b) => a - b)).toEqual(range(first, last));
  expect(device.seqs).toEqual(device.seqs.toSorted((a, b) => a - b));
}

const unread = async (who: SignedIn) => (await listed(who, id)).unread_count;

test("each of 20 with a device gets 200 messages once, in order, however they were said", async () => {
  const [speaker, several, roomy] = [at(online, 1), at(online, 2), await openRoom(id, at(users, 3).token)];
  for (const round of range(1, MESSAGES / 20)) {
    const say = (n: number) => ({ ...text(`${round} ${n}`, `${round} ${n}`), conversation_id: id });
    for (const n of range(1, 5)) speaker.send(say(n));
    several.send({ type: "sends", items: range(6, 10).map(say) });
    for (const n of range(11, 15)) roomy.send(text(`${round} ${n}`, `${round} ${n}`));
    for (const n of range(16, 20)) await post(id, at(users, 0), `${round} ${n}`);
    for (const socket of [speaker, several, roomy]) await acked(socket, 5 * round);
  }
  last += MESSAGES;
  for (const device of online) await upToDate(device, 1);
});

test("who has none sees at once what he has not read, when he comes", async () => {
  for (const member of users.slice(ONLINE + 10, SILENT)) expect(await unread(member)).toBe(last);
});

test("who comes with a device in between gets all from then on, without delay", async () => {
  const device = await openDevice(at(users, ONLINE).token);
  const first = last + 1;
  const delays: number[] = [];
  for (const _ of range(1, 20)) {
    using watch = new Stopwatch();
    last = await post(id, at(users, 0), "now");
    await upToDate(device, first);
    delays.push(watch.ms);
  }
  expect(Math.max(...delays)).toBeLessThan(LATE_MS);
  for (const each of online) await upToDate(each, 1);
});

/** A device of whose coming the group does not hear. */
async function unheard(who: SignedIn): Promise<TestSocket> {
  using _ = intercept((call) => {
    if (call.method === "subscribe") throw new Error("Network connection lost.");
    return call.work();
  });
  return await openDevice(who.token);
}

/** Resolves once a device has a new message, without delay. */
async function hearsAtOnce(device: TestSocket): Promise<void> {
  using watch = new Stopwatch();
  last = await post(id, at(users, 0), "now");
  await device.until(() => seqsKnownTo(device, id).includes(last));
  expect(watch.ms).toBeLessThan(LATE_MS);
}

test("a device of whose coming the group has not heard is told without delay once it syncs", async () => {
  const device = await unheard(at(users, ONLINE + 2));
  device.send({ type: "sync", conversation_id: id, after: last, rev: 0 });
  await device.until(({ frames }) => frames.some(({ has_more }) => has_more === false));
  await hearsAtOnce(device);
  device.close();
});

test("so it is once it says something", async () => {
  const device = await unheard(at(users, ONLINE + 3));
  device.send({ ...text("here"), conversation_id: id });
  await acked(device, 1);
  await hearsAtOnce(device);
  device.close();
});

test("who only asks for his list sees what he has not read, however long after the last time", async () => {
  const poller = at(users, ONLINE + 1);
  const now = Date.now;
  let ahead = 0;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + ahead);
  onTestFinished(() => clock.mockRestore());
  expect(await unread(poller)).toBe(last);
  for (const seconds of [0, 1, 5, 9, 11, 16, 30, 61, 9, 120]) {
    ahead += 1_000 * seconds;
    for (const _ of range(1, 3)) last = await post(id, at(users, 0), "meanwhile");
    // Who asked lately is told like others, which takes a moment; whoever has not is asked for at once.
    if (seconds > 10) expect(await unread(poller)).toBe(last);
    else {
      using watch = new Stopwatch();
      await eventually(async () => expect(await unread(poller)).toBe(last));
      expect(watch.ms).toBeLessThan(LATE_MS);
    }
  }
});

test("who has no device and never asks was told of the group, and then once a minute at most", async () => {
  const minutes = Math.floor((Date.now() - startedAt) / 60_000);
  const silent = users.slice(SILENT).map(({ user }) => costs.bumps.get(String(user.id)) ?? 0);
  expect(Math.min(...silent)).toBe(1);
  expect(Math.max(...silent)).toBeLessThanOrEqual(1 + minutes);
});

test("a device of whose coming the group has not heard is told without delay once its client loads the list", async () => {
  const who = at(users, ONLINE + 4);
  const device = await unheard(who);
  await listed(who, id);
  // The group takes somebody who only looks at his list to be interested for a quarter of a minute. No test before has
  // been so late: it does not take a clock that goes back.
  const now = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 1_000_000);
  onTestFinished(() => clock.mockRestore());
  await hearsAtOnce(device);
});
