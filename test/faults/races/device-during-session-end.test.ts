import { evictDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { newSession, openDeviceSockets, openSocketSessions } from "../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, page } from "../../support/clients/chat.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { turns } from "../../support/event-loop.ts";
import { HeldConversation, HeldMethod } from "../../support/faults/hold.ts";
import { Patience } from "../../support/faults/patience.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  sessionOf,
  textFrame,
} from "../../support/objects/room.ts";
import { runOptions } from "../../support/property-runs.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

/** 13 moments, in turn by two ways to end a session. More rounds vary the way of a moment, and evictions. */
const ROUNDS = Math.max(13, runOptions(13).numRuns);
const UPGRADES = 5;
/** An inbox subscribes to groups of more than 64 members before a socket opens, and waits for the answers. */
const LARGE_GROUP = 65;

const Receipts = z.object({ items: z.array(z.object({ user_id: z.int(), read_seq: z.int() })) });

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let idle: ConversationId;
let large: number;

// A short hold, as an inbox with the timer of a held socket is not evicted.
beforeAll(() =>
  setTiming({ deviceFeed: { holdMs: 10 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  [id, idle] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  large = (await createGroup(ann, await insertUsers(LARGE_GROUP))).id;
});

/** Ends a session by a logout (even `n`) or from another device (odd `n`). */
async function end(session: SignedIn, n: number): Promise<void> {
  const ended =
    n % 2 === 0
      ? call("POST", "/v1/logout", { token: session.token })
      : call("DELETE", `/v1/sessions/${sessionOf(session)}`, { token: ann.token });
  expect((await ended).status).toBe(204);
}

test("a session that ends while its room and device sockets open has none afterwards, at any moment", async () => {
  const remaining = await openDevice(ann.token);
  const outcomes = { opened: 0, refused: 0 };
  for (const n of range(1, ROUNDS)) {
    // An evicted inbox forgets its subscriptions, so it subscribes again.
    if (n % 3 === 0) await evictDurableObject(inboxObject(ann.user.id));
    const phone = await newSession(ann);
    const sockets: TestSocket[] = [];
    const upgrades = range(1, UPGRADES).map(async (i) => {
      await turns(i);
      const response = await upgrade(i % 4 === 0 ? roomPath(id) : DEVICE_PATH, phone.token);
      if (response.status === 101) sockets.push(acceptSocket(response));
      else expect(response.status).toBe(401);
      outcomes[response.status === 101 ? "opened" : "refused"]++;
    });
    await turns(n % 13);
    await end(phone, n);
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann)]);
    await Promise.all(upgrades);
    for (const socket of sockets) {
      expect((await socket.closed()).code).toBe(4001);
      expect([socket.frames.at(0)?.type, socket.frames.at(-1)?.type]).toEqual(["ready", "kicked"]);
    }
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann)]);
    expect(await openSocketSessions(conversationObject(id))).toEqual([]);
    expect((await upgrade(DEVICE_PATH, phone.token)).status).toBe(401);
  }
  // Otherwise all ends have come before or after all upgrades.
  expect(outcomes.opened).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(0);
  await remaining.untilProcessed(id);
  remaining.close();
  await remaining.closed();
});

test("a session that ends while its upgrade waits for a large group gets no socket", async () => {
  using patience = new Patience();
  overrideTiming({ list: { snapshotTimeoutMs: Patience.MS } });
  await evictDurableObject(inboxObject(ann.user.id));
  const phone = await newSession(ann);
  const held = await HeldConversation.hold(large);
  try {
    const opening = upgrade(DEVICE_PATH, phone.token);
    await held.until(1);
    await end(phone, 0);
    expect((await patience.answerWithout(() => true, opening)).status).toBe(401);
  } finally {
    held.release();
  }
  expect(await openDeviceSockets(ann)).not.toContain(sessionOf(phone));
});

test("queued sends of an ended session are not stored", async () => {
  const phone = await newSession(ann);
  const [device, deaf, bobs] = [
    await openDevice(phone.token),
    await openDevice(phone.token, { halfOpen: true }),
    await openRoom(id, bob.token),
  ];
  for (const socket of [device, deaf]) {
    socket.send({ ...textFrame("before"), conversation_id: id });
    await socket.until(({ acks }) => acks.length === 1);
  }
  const held = await HeldMethod.hold(id, "sendFromDevice");
  for (const socket of [device, deaf]) {
    for (const n of range(1, 3)) socket.send({ ...textFrame(`${n}`), conversation_id: id });
    socket.send({ type: "sends", items: [{ ...textFrame("4"), conversation_id: id }] });
    await socket.untilProcessed(idle);
  }
  await held.until(1);
  await end(phone, 0);
  for (const socket of [device, deaf]) expect((await socket.closed()).code).toBe(4001);
  deaf.send({ ...textFrame("I am still here"), conversation_id: id });
  held.release();
  await bobs.until(({ messages }) => messages.length >= 3);
  const last = await postText(id, bob, "who was that?");
  await evictDurableObject(inboxObject(ann.user.id));
  deaf.send({ ...textFrame("even now"), conversation_id: id });
  await postText(id, ann, "nobody");
  await bobs.until(({ seqs }) => seqs.includes(last + 1));
  // Only the first send is in flight; the second socket's sends are queued after it.
  expect(bobs.messages.map(({ body }) => body.text)).toEqual([
    "before",
    "before",
    "1",
    "who was that?",
    "nobody",
  ]);
  expect((await page(bob, id)).items).toHaveLength(5);
  for (const socket of [device, deaf]) {
    expect(socket.frames.at(-1)?.type).toBe("kicked");
    expect(socket.acks).toHaveLength(1);
  }
});

test("a device whose session ends during a sync gets no more pages, and its reads are not stored", async () => {
  const phone = await newSession(ann);
  const unread = await postText(id, bob, "unread");
  const [device, remaining] = [await openDevice(phone.token), await openDevice(ann.token)];
  const held = await HeldMethod.hold(id, "replay");
  const items = [id, large].map((conversation_id) => ({ conversation_id, after: 0, rev: 0 }));
  device.send({ type: "sync", items });
  remaining.send({ type: "sync", items });
  await remaining.until((socket) => socket.of("synced").length === 1);
  device.send({ type: "read", conversation_id: id, seq: unread });
  await device.untilProcessed(idle);
  await held.until(1);
  await end(phone, 1);
  expect((await device.closed()).code).toBe(4001);
  held.release();
  await remaining.until((socket) => socket.of("synced").length === 2);
  await remaining.untilProcessed(id);
  const receipts = await call("GET", `/v1/conversations/${id}/receipts`, { token: bob.token });
  const annsReceipt = Receipts.parse(receipts.body).items.find(({ user_id }) => user_id === ann.user.id);
  expect(annsReceipt?.read_seq).toBeLessThan(unread);
  expect(remaining.of("synced").map(({ conversation_id }) => conversation_id)).toEqual([large, id]);
  expect(device.of("synced").map(({ conversation_id }) => conversation_id)).toEqual([large]);
  expect(device.messages.filter((message) => message.conversation_id === id)).toEqual([]);
  expect(device.frames.at(-1)?.type).toBe("kicked");
});
