import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount, membershipsInD1, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { newSession, openDeviceSockets } from "../../support/accounts/sessions.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { register } from "../../support/clients/api.ts";
import { createGroup, insertUsers, page, storedInInbox } from "../../support/clients/chat.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { turns } from "../../support/event-loop.ts";
import { HeldMethod } from "../../support/faults/hold.ts";
import { createGroupId, inboxObject, postText, range, textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

/**
 * The maximum of unacknowledged sends of a device. After the deletion each frame is discarded one by one, and
 * pending frames prevent an eviction: more of them would outlast the eviction's timeout on a slow machine.
 */
const MAX_UNACKED = 10;
/** An inbox subscribes to groups of more than 64 members before a socket opens. */
const LARGE_GROUP = 65;

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// A short hold, as an inbox with the timer of a held socket is not evicted.
beforeAll(() =>
  setTiming({ deviceFeed: { holdMs: 10 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  id = await createGroupId(ann, bob);
});

const StoredInbox = z.looseObject({
  conversations: z.array(z.unknown()),
  device_cursors: z.array(z.unknown()),
  presence: z.array(z.looseObject({ gone: z.int(), online: z.int() })),
});

/** Expects Bob's inbox to store only the deletion and to have no socket, now and after an eviction. */
async function expectEmptyInbox(): Promise<void> {
  for (const _ of range(1, 2)) {
    const { conversations, device_cursors, presence } = StoredInbox.parse(
      JSON.parse(await storedInInbox(bob)),
    );
    expect({ conversations, device_cursors }).toEqual({ conversations: [], device_cursors: [] });
    expect(presence).toMatchObject([{ gone: 1, online: 0 }]);
    expect(await openDeviceSockets(bob)).toEqual([]);
    expect((await upgrade(DEVICE_PATH, bob.token)).status).toBe(401);
    await evictDurableObject(inboxObject(bob.user.id));
  }
}

/** Restores the state of Bob's inbox before the first inbox update of the conversation. */
async function unlist(): Promise<void> {
  await runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("DELETE FROM conversations");
  });
}

/** Deletes Bob's account while a call of his device is held, and expects that the call leaves nothing. */
async function deleteWhile(held: HeldMethod, device: TestSocket): Promise<void> {
  await held.until(1);
  expect((await deleteAccount(bob)).status).toBe(204);
  expect((await device.closed()).code).toBe(4001);
  held.release();
  await expectEmptyInbox();
}

test("a send in flight during the account deletion leaves nothing in the inbox", async () => {
  const device = await openDevice(bob.token);
  device.send({ ...textFrame("before"), conversation_id: id });
  await device.until(({ acks }) => acks.length === 1);
  const held = await HeldMethod.hold(id, "sendFromDevice");
  device.send({ ...textFrame("too late"), conversation_id: id });
  await deleteWhile(held, device);
  const { items } = await page(ann, id);
  expect(items.map(({ kind, body }) => ("text" in body ? body.text : kind))).toEqual(["before", "tip"]);
});

test("a sync of an unlisted conversation during the account deletion leaves nothing in the inbox", async () => {
  const device = await openDevice(bob.token);
  const held = await HeldMethod.hold(id, "snapshot");
  await unlist();
  device.send({ type: "sync", conversation_id: id, after: 0 });
  await deleteWhile(held, device);
  expect(device.frames.at(-1)?.type).toBe("kicked");
});

test("a send to an unlisted conversation during the account deletion leaves nothing in the inbox", async () => {
  const device = await openDevice(bob.token);
  const held = await HeldMethod.hold(id, "sendFromDevice");
  await unlist();
  device.send({ ...textFrame("too late"), conversation_id: id });
  await deleteWhile(held, device);
  expect((await page(ann, id)).items.map(({ kind }) => kind)).toEqual(["tip"]);
});

test("a device socket that opens during the account deletion is closed or refused, and leaves nothing", async () => {
  const { id: large } = await createGroup(ann, [bob, ...(await insertUsers(LARGE_GROUP))]);
  const held = await HeldMethod.hold(large, "snapshot");
  const opening = upgrade(DEVICE_PATH, (await newSession(bob)).token);
  await held.until(1);
  const deleted = deleteAccount(bob);
  held.release();
  expect((await deleted).status).toBe(204);
  const answer = await opening;
  // Either may come first.
  if (answer.status === 101) expect((await acceptSocket(answer).closed()).code).toBe(4001);
  else expect(answer.status).toBe(401);
  await expectEmptyInbox();
});

test("sends during the account deletion are stored if and only if they are acknowledged", async () => {
  const phone = await newSession(bob);
  const devices = [await openDevice(bob.token), await openDevice(phone.token)];
  const [anns, rooms] = [await openRoom(id, ann.token), await openRoom(id, phone.token)];
  let isOver = false;
  const sending = devices.map(async (device, d) => {
    for (let i = 0; !isOver && device.isOpen; await turns(1)) {
      if (i - device.acks.length >= MAX_UNACKED) continue;
      device.send({ ...textFrame(`${d} ${i}`, `${d} ${i}`), conversation_id: id });
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
  await expectEmptyInbox();
  const last = await postText(id, ann, "end");
  await anns.until(({ seqs }) => seqs.includes(last));
  // The system message of Bob's leaving is Bob's last one.
  expect(anns.messages.at(-2)).toMatchObject({ kind: "tip", seq: last - 1 });
  for (const { seq } of devices.flatMap(({ acks }) => acks)) expect(anns.seqs).toContain(seq);
});
