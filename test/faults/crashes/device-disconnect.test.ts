import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type ConversationId, SessionId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listed } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { HeldCalls, intercept, loseCall } from "../../support/faults/calls.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
import {
  anotherDevice,
  at,
  inboxObject,
  newGroup,
  people,
  post,
  range,
  remove,
  sessionOf,
  text,
} from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
/** two devices of bob's */
let phone: TestSocket;
let pad: TestSocket;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  const all = await people(2);
  [ann, bob] = [at(all, 0), at(all, 1)];
});

beforeEach(async () => {
  id = await newGroup(ann, bob);
  await sendMany(130);
  // His inbox asks for the newest: what it knows when a device opens is not told to it.
  await listed(bob, id);
  [phone, pad] = [await openDevice(bob.token), await openDevice((await anotherDevice(bob)).token)];
});

afterEach(async () => {
  for (const socket of [phone, pad]) socket.close();
  await socketsLeft(0);
});

const Carried = z.looseObject({ sessionId: SessionId, busy: z.boolean() });
const Replay = z.tuple([z.looseObject({ after: z.int() })]);

/** From where a call asks for a replay. */
const from = (args: readonly unknown[]) => Replay.parse(args)[0].after;

/** Has ann send so many messages, of which everybody knows afterwards. */
async function sendMany(count: number): Promise<void> {
  const room = await openRoom(id, ann.token);
  for (let i = 0; i < count; i += 64) {
    const items = range(i + 1, Math.min(i + 64, count)).map((n) => text(`${n}`, `${n}`));
    room.send({ type: "sends", items });
  }
  await room.until(({ acks }) => acks.length === count);
  room.close();
}

/** The sockets which bob's inbox has, and where some of them stand apart. */
function held(): Promise<{ sockets: number; cursors: unknown[] }> {
  return runInDurableObject(inboxObject(bob.user.id), (_, state) => ({
    sockets: state.getWebSockets().length,
    cursors: state.storage.sql.exec("SELECT * FROM device_cursors").toArray(),
  }));
}

/** Resolves once bob's inbox has so many sockets. */
async function socketsLeft(count: number): Promise<void> {
  while ((await held()).sockets !== count) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("a device that closes between two pages leaves nothing behind, and the other goes on", async () => {
  phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  expect(await phone.next("synced")).toMatchObject({ last_seq: 100, has_more: true });
  expect((await held()).cursors.length).toBe(1);
  phone.close();
  await socketsLeft(1);
  expect((await held()).cursors).toEqual([]);
  const last = await post(id, ann, "on it goes");
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
});

test("a device that closes while a page is under way leaves nothing behind, and the other goes on", async () => {
  {
    using replays = new HeldCalls(({ method }) => method === "replay");
    phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
    await replays.arrived();
    phone.close();
    await socketsLeft(1);
  }
  pad.send({ type: "sync", conversation_id: id, after: 130, rev: 0 });
  expect(await pad.next("synced")).toMatchObject({ last_seq: 130, has_more: false });
  expect((await held()).cursors).toEqual([]);
  expect(phone.of("synced")).toEqual([]);
  const last = await post(id, ann, "on it goes");
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
});

/** Resolves once the inbox has taken in what a device has asked for last. */
async function taken(): Promise<void> {
  const isBusy = () =>
    runInDurableObject(inboxObject(bob.user.id), (_, state) =>
      state.getWebSockets().some((ws) => Carried.parse(ws.deserializeAttachment()).busy),
    );
  while (!(await isBusy())) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("what comes live while a device's sync waits comes once, with its page", async () => {
  {
    for (const socket of [phone, pad]) await socket.settled(id);
    // A bump without a page, as where the conversation does not know of devices: the inbox asks for it.
    using _ = intercept(({ method, args, work }) => {
      if (method === "applyUpdate") Reflect.deleteProperty(Object(args[0]), "page");
      return work();
    });
    using replays = new HeldCalls(({ method }) => method === "replay");
    await post(id, ann, "on it goes");
    await replays.arrived();
    phone.send({ type: "sync", conversation_id: id, after: 129, rev: 0 });
    await taken();
  }
  expect(await phone.next("synced")).toMatchObject({ last_seq: 131, has_more: false });
  const last = await post(id, ann, "and on");
  for (const socket of [phone, pad]) await socket.until(({ seqs }) => seqs.includes(last));
  expect(phone.seqs).toEqual([130, 131, 132]);
  expect(pad.seqs).toEqual([131, 132]);
});

test("a device whose sync could not be done is told so, and all that has come meanwhile", async () => {
  await post(id, ann, "on it goes");
  {
    using lost = loseCall(1, "call", ({ method, args }) => method === "replay" && from(args) === 7);
    phone.send({ type: "sync", conversation_id: id, after: 7, rev: 0 });
    const refused = { code: "unavailable", conversation_id: id };
    expect(await phone.next("error")).toMatchObject(refused);
    expect(lost.isHit).toBe(true);
  }
  const last = await post(id, ann, "and on");
  for (const socket of [phone, pad]) await socket.until(({ seqs }) => seqs.includes(last));
  expect(phone.seqs).toEqual([131, 132]);
  phone.send({ type: "sync", conversation_id: id, after: 130, rev: 0 });
  expect(await phone.next("synced")).toMatchObject({ last_seq: 132, has_more: false });
});

test("a device that waited for an answer when its inbox was lost is closed with 1011, the other is not", async () => {
  phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await phone.next("synced");
  // As an object leaves it that is gone before it has answered.
  await runInDurableObject(inboxObject(bob.user.id), (_, state) => {
    for (const ws of state.getWebSockets()) {
      const carried = Carried.parse(ws.deserializeAttachment());
      if (carried.sessionId === sessionOf(bob)) ws.serializeAttachment({ ...carried, busy: true });
    }
  });
  await evictDurableObject(inboxObject(bob.user.id));
  const last = await post(id, ann, "on it goes");
  expect((await phone.closed()).code).toBe(1011);
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
  expect((await held()).cursors).toEqual([]);
});

test("the same bumps twice and in any order tell devices nothing twice, and leave the newest in the list", async () => {
  const said: unknown[] = [];
  {
    using _ = intercept(({ method, id: to, args, work }) => {
      if (method === "applyUpdate" && to === bob.user.id) said.push(args[0]);
      return work();
    });
    for (const n of range(131, 134)) await post(id, ann, String(n));
    for (const seq of [5, 132]) await remove(id, ann, seq, "everyone");
    for (const seq of [6, 133]) await remove(id, bob, seq, "me");
    await post(id, ann, "the last");
    for (const socket of [phone, pad]) await socket.until(({ seqs }) => seqs.includes(135));
  }
  const told = [phone, pad].map(({ frames }) => frames.filter(({ type }) => type !== "error"));
  expect(said.length).toBeGreaterThanOrEqual(4);
  for (const bump of [...said, ...said.toReversed()].flatMap((one) => [one, one])) {
    await runInDurableObject(inboxObject(bob.user.id), (inbox) =>
      Reflect.apply(Reflect.get(inbox, "applyUpdate"), inbox, [bump]),
    );
  }
  for (const socket of [phone, pad]) await socket.settled(id);
  expect([phone, pad].map(({ frames }) => frames.filter(({ type }) => type !== "error"))).toEqual(told);
  await assertConsistent(id);
  const last = await post(id, ann, "and on");
  for (const socket of [phone, pad]) {
    await socket.until(({ seqs }) => seqs.includes(last));
    expect(new Set(socket.seqs).size).toBe(socket.seqs.length);
  }
});

/** Waits for the moment in a device's replay of 130 messages, page by page, when it is cut off. */
const CUTS: Record<string, (device: Device) => Promise<unknown>> = {
  "in the midst of a page": (device) => device.until(() => device.displayed(id).messages.length > 0),
  "when it has asked for the second page": (device) =>
    device.until(() => device.displayed(id).lastSeq >= 100),
};

test.each(Object.entries(CUTS))(
  "a device that is cut off %s of a replay shows in the end what one shows that was not",
  async (_, cut) => {
    const [torn, whole] = [new Device(bob, 3), new Device(bob, 4)];
    await whole.come();
    {
      using replays = new HeldCalls(({ method }) => method === "replay");
      const coming = torn.come();
      await replays.arrived();
      replays.release();
      await cut(torn);
      torn.leave();
      await coming;
    }
    expect(torn.displayed(id).messages.length).toBe(100);
    const last = await post(id, ann, "meanwhile");
    for (const seq of [7, 120, last]) await remove(id, ann, seq, "everyone");
    for (const seq of [8, 121]) await remove(id, bob, seq, "me");
    await torn.come();
    await post(id, ann, "and on");
    for (const device of [torn, whole]) await device.until(() => device.displayed(id).lastSeq === last + 1);
    const { messages } = whole.displayed(id);
    expect(messages.length).toBe(130);
    expect(torn.displayed(id).messages).toEqual(messages);
    for (const device of [torn, whole]) device.leave();
  },
);
