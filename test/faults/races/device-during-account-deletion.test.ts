import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount, membershipsInD1, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { newSession, openDevices, turns } from "../../support/accounts/sessions.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { register } from "../../support/clients/api.ts";
import { createGroup, insertUsers, page, storedInInbox } from "../../support/clients/chat.ts";
import { accepted, DEVICE_PATH, openDevice, openRoom, upgrade } from "../../support/clients/socket.ts";
import { HeldCalls } from "../../support/faults/hold.ts";
import { inboxObject, newGroup, post, range, text } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

/**
 * So many sends of a device wait for their acks. What comes behind its end is passed over frame by frame, and as long as
 * there is some its inbox is not let go: on a slow machine that would take longer than an eviction waits.
 */
const UNDER_WAY = 10;
/** An inbox says hello to a group of more than 64 before a socket opens. */
const MANY = 65;

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// An inbox is not evicted while a socket that has said nothing yet is held: it has a timer.
beforeAll(() =>
  setTiming({ deviceFeed: { holdMs: 10 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  id = await newGroup(ann, bob);
});

const Kept = z.looseObject({
  conversations: z.array(z.unknown()),
  device_cursors: z.array(z.unknown()),
  presence: z.array(z.looseObject({ gone: z.int(), online: z.int() })),
});

/** Asserts that Bob's inbox keeps nothing but that he is gone, and holds no socket; now, and once it slept. */
async function nothingLeft(): Promise<void> {
  for (const _ of range(1, 2)) {
    const { conversations, device_cursors, presence } = Kept.parse(JSON.parse(await storedInInbox(bob)));
    expect({ conversations, device_cursors }).toEqual({ conversations: [], device_cursors: [] });
    expect(presence).toMatchObject([{ gone: 1, online: 0 }]);
    expect(await openDevices(bob)).toEqual([]);
    expect((await upgrade(DEVICE_PATH, bob.token)).status).toBe(401);
    await evictDurableObject(inboxObject(bob.user.id));
  }
}

test("a send that is under way when the account ends leaves nothing in the inbox", async () => {
  const device = await openDevice(bob.token);
  device.send({ ...text("before"), conversation_id: id });
  await device.until(({ acks }) => acks.length === 1);
  const held = await HeldCalls.hold(id, "sendFromDevice");
  device.send({ ...text("too late"), conversation_id: id });
  await held.until(1);
  expect((await deleteAccount(bob)).status).toBe(204);
  expect((await device.closed()).code).toBe(4001);
  held.release();
  await nothingLeft();
  const { items } = await page(ann, id);
  expect(items.map(({ kind, body }) => ("text" in body ? body.text : kind))).toEqual(["before", "tip"]);
});

test("a sync of a conversation that is new to the inbox leaves nothing in it when the account ends", async () => {
  const device = await openDevice(bob.token);
  const held = await HeldCalls.hold(id, "subscribe");
  // As it is where the bump of a new conversation has not come.
  await runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("DELETE FROM conversations");
  });
  device.send({ type: "sync", conversation_id: id, after: 0 });
  await held.until(1);
  expect((await deleteAccount(bob)).status).toBe(204);
  expect((await device.closed()).code).toBe(4001);
  held.release();
  await nothingLeft();
  expect(device.frames.at(-1)?.type).toBe("kicked");
});

test("a device that opens a socket while the account ends has none after, and leaves nothing", async () => {
  const { id: large } = await createGroup(ann, [bob, ...(await insertUsers(MANY))]);
  const held = await HeldCalls.hold(large, "subscribe");
  const opening = upgrade(DEVICE_PATH, (await newSession(bob)).token);
  await held.until(1);
  const deleted = deleteAccount(bob);
  held.release();
  expect((await deleted).status).toBe(204);
  const answer = await opening;
  // Whichever was first.
  if (answer.status === 101) expect((await accepted(answer).closed()).code).toBe(4001);
  else expect(answer.status).toBe(401);
  await nothingLeft();
});

test("devices that send while the account ends are acked what is stored, and it is all that is stored", async () => {
  const phone = await newSession(bob);
  const devices = [await openDevice(bob.token), await openDevice(phone.token)];
  const [anns, rooms] = [await openRoom(id, ann.token), await openRoom(id, phone.token)];
  let isOver = false;
  const sending = devices.map(async (device, d) => {
    for (let i = 0; !isOver && device.isOpen; await turns(1)) {
      if (i - device.acks.length >= UNDER_WAY) continue;
      device.send({ ...text(`${d} ${i}`, `${d} ${i}`), conversation_id: id });
      i++;
    }
  });
  await Promise.all(devices.map((device) => device.until(({ acks }) => acks.length > 3)));
  const deleted = await deleteAccount(bob);
  isOver = true;
  await Promise.all(sending);
  expect(deleted.status).toBe(204);
  for (const socket of [...devices, rooms]) {
    expect((await socket.closed()).code).toBe(4001);
    expect(socket.frames.at(-1)?.type).toBe("kicked");
  }
  expect(await runAccountDeletion(bob)).toBe(0);
  expect(await membershipsInD1(bob)).toEqual({ [id]: "left" });
  await nothingLeft();
  const last = await post(id, ann, "end");
  await anns.until(({ seqs }) => seqs.includes(last));
  // The tip of his leaving is the last of his.
  expect(anns.messages.at(-2)).toMatchObject({ kind: "tip", seq: last - 1 });
  for (const { seq } of devices.flatMap(({ acks }) => acks)) expect(anns.seqs).toContain(seq);
});
