import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type ConversationId, SessionId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { until } from "../../support/event-loop.ts";
import { HeldCalls, intercept, loseCall } from "../../support/faults/calls.ts";
import {
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  sessionOf,
  signInAgain,
  textFrame,
} from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
/** two device sockets of Bob */
let phone: TestSocket;
let pad: TestSocket;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  const all = await registerUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

beforeEach(async () => {
  id = await createGroupId(ann, bob);
  await sendMany(130);
  // Loading the list makes the inbox current: it does not push old messages to a new device.
  await listedConversation(bob, id);
  [phone, pad] = [await openDevice(bob.token), await openDevice((await signInAgain(bob)).token)];
});

afterEach(async () => {
  for (const socket of [phone, pad]) socket.close();
  await untilSockets(0);
});

const Carried = z.looseObject({ sessionId: SessionId, busy: z.boolean() });
const Replay = z.tuple([z.looseObject({ after: z.int() })]);

/** The position after which a `replay` call replays. */
const from = (args: readonly unknown[]) => Replay.parse(args)[0].after;

/** Sends `count` messages by Ann. */
async function sendMany(count: number): Promise<void> {
  const room = await openRoom(id, ann.token);
  for (let i = 0; i < count; i += 64) {
    const items = range(i + 1, Math.min(i + 64, count)).map((n) => textFrame(`${n}`, `${n}`));
    room.send({ type: "sends", items });
  }
  await room.until(({ acks }) => acks.length === count);
  room.close();
}

/** The number of sockets in Bob's inbox, and its device cursors. */
function inboxState(): Promise<{ sockets: number; cursors: unknown[] }> {
  return runInDurableObject(inboxObject(bob.user.id), (_, state) => ({
    sockets: state.getWebSockets().length,
    cursors: state.storage.sql.exec("SELECT * FROM device_cursors").toArray(),
  }));
}

/** Resolves once Bob's inbox has `count` sockets. */
async function untilSockets(count: number): Promise<void> {
  await until(async () => (await inboxState()).sockets === count, `the inbox has ${count} sockets`);
}

test("a device that closes between two pages leaves no cursor, and the other device still gets messages", async () => {
  phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  expect(await phone.next("synced")).toMatchObject({ last_seq: 100, has_more: true });
  expect((await inboxState()).cursors.length).toBe(1);
  phone.close();
  await untilSockets(1);
  expect((await inboxState()).cursors).toEqual([]);
  const last = await postText(id, ann, "on it goes");
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
});

test("a device that closes during a page leaves no cursor, and the other device still gets messages", async () => {
  {
    using replays = new HeldCalls(({ method }) => method === "replay");
    phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
    await replays.arrived();
    phone.close();
    await untilSockets(1);
  }
  pad.send({ type: "sync", conversation_id: id, after: 130, rev: 0 });
  expect(await pad.next("synced")).toMatchObject({ last_seq: 130, has_more: false });
  expect((await inboxState()).cursors).toEqual([]);
  expect(phone.of("synced")).toEqual([]);
  const last = await postText(id, ann, "on it goes");
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
});

/** Resolves once the inbox has accepted the last frame of a device. */
async function untilBusy(): Promise<void> {
  const isBusy = () =>
    runInDurableObject(inboxObject(bob.user.id), (_, state) =>
      state.getWebSockets().some((ws) => Carried.parse(ws.deserializeAttachment()).busy),
    );
  await until(isBusy, "the object is busy");
}

test("a message that arrives during a sync is delivered once, with the page", async () => {
  {
    for (const socket of [phone, pad]) await socket.untilProcessed(id);
    // An inbox update without a page, as from a conversation that knows of no devices: the inbox fetches the
    // page.
    using _ = intercept(({ method, args, work }) => {
      if (method === "applyUpdate")
        for (const name of ["page", "packedPage"]) Reflect.deleteProperty(Object(args[0]), name);
      return work();
    });
    using replays = new HeldCalls(({ method }) => method === "replay");
    await postText(id, ann, "on it goes");
    await replays.arrived();
    phone.send({ type: "sync", conversation_id: id, after: 129, rev: 0 });
    await untilBusy();
  }
  expect(await phone.next("synced")).toMatchObject({ last_seq: 131, has_more: false });
  const last = await postText(id, ann, "and on");
  for (const socket of [phone, pad]) await socket.until(({ seqs }) => seqs.includes(last));
  expect(phone.seqs).toEqual([130, 131, 132]);
  expect(pad.seqs).toEqual([131, 132]);
});

test("a device whose sync fails gets an error, and still gets new messages", async () => {
  await postText(id, ann, "on it goes");
  {
    using lost = loseCall(1, "call", ({ method, args }) => method === "replay" && from(args) === 7);
    phone.send({ type: "sync", conversation_id: id, after: 7, rev: 0 });
    const refused = { code: "unavailable", conversation_id: id };
    expect(await phone.next("error")).toMatchObject(refused);
    expect(lost.isHit).toBe(true);
  }
  const last = await postText(id, ann, "and on");
  for (const socket of [phone, pad]) await socket.until(({ seqs }) => seqs.includes(last));
  expect(phone.seqs).toEqual([131, 132]);
  phone.send({ type: "sync", conversation_id: id, after: 130, rev: 0 });
  expect(await phone.next("synced")).toMatchObject({ last_seq: 132, has_more: false });
});

test("a device with an unanswered frame is closed with 1011 after a crash of the inbox, the other device is not", async () => {
  phone.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await phone.next("synced");
  // The state of a crashed object that has not answered.
  await runInDurableObject(inboxObject(bob.user.id), (_, state) => {
    for (const ws of state.getWebSockets()) {
      const carried = Carried.parse(ws.deserializeAttachment());
      if (carried.sessionId === sessionOf(bob)) ws.serializeAttachment({ ...carried, busy: true });
    }
  });
  await evictDurableObject(inboxObject(bob.user.id));
  const last = await postText(id, ann, "on it goes");
  expect((await phone.closed()).code).toBe(1011);
  await pad.until(({ seqs }) => seqs.includes(last));
  expect(pad.seqs).toEqual([131]);
  expect((await inboxState()).cursors).toEqual([]);
});
