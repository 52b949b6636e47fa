import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, listedConversation, send } from "../../support/clients/chat.ts";
import { seqsKnownTo, untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { aside } from "../../support/clients/threads.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { setLiveMembers } from "../../support/settings.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

/** What frames say that show the list. */
const Told = z.object({ last_seq: z.int(), unread_count: z.int() });

/** Ann, who sends over HTTP, and three members with a device each. */
let ann: SignedIn;
let others: SignedIn[];
let id: ConversationId;
let devices: TestSocket[];

beforeAll(() =>
  setTiming({ deviceFeed: { holdMs: 1 }, fanout: { crowdedCooldownMs: 10 }, subscription: { leaseMs: 10 } }),
);
// More than two connected members make a crowd.
beforeAll(() => setLiveMembers(2));

beforeEach(async () => {
  const users = await registerUsers(4);
  [ann, ...others] = [itemAt(users, 0), ...users.slice(1)];
  id = await createGroupId(ann, ...others);
  devices = await Promise.all(others.map(({ token }) => openDevice(token)));
  // The conversation knows of the devices once their inboxes have answered an update.
  await postText(id, ann, "first");
  await Promise.all(devices.map((device) => device.until(() => heard(device) >= 1)));
});

/** The newest seq that a device was told of, or was sent. */
function heard(device: TestSocket): number {
  const told = device.of("activity").map(({ last_seq }) => Number(last_seq));
  return Math.max(0, ...told, ...seqsKnownTo(device, id));
}

async function say(count: number): Promise<void> {
  for (const _ of range(1, count)) {
    const seq = await postText(id, ann, `message`);
    await Promise.all(devices.map((device) => device.until(() => heard(device) >= seq)));
  }
}

/** Syncs a device from what it has. @returns the seqs that it has then */
async function look(device: TestSocket): Promise<number[]> {
  const known = device.of("synced").length;
  device.send({ type: "sync", conversation_id: id, after: Math.max(0, ...device.seqs), rev: 0 });
  await device.until(() => device.of("synced").length > known);
  return device.seqs;
}

test("devices in a crowded group are told what the list shows, and get the messages when they look", async () => {
  await say(3);
  const device = itemAt(devices, 0);
  const shown = device.seqs.length;
  expect(shown).toBeLessThan(4);
  expect(device.of("activity").at(-1)).toEqual({
    ...{ type: "activity", conversation_id: id, last_seq: 4, rev: 0, read_seq: 0, unread_count: 4 },
    ...{ threads_unread: 0, mentions: [] },
    updated_at: expect.any(Number),
    last_message: {
      ...{ seq: 4, sender_id: ann.user.id, kind: "text", body: { text: "message" }, revoked: false },
      created_at: expect.any(Number),
    },
  });
  expect(await listedConversation(itemAt(others, 0), id)).toMatchObject({ unread_count: 4, last_seq: 4 });
  expect(await look(device)).toEqual([1, 2, 3, 4]);
  await say(2);
  expect(device.seqs).toEqual([1, 2, 3, 4]);
  expect(await look(device)).toEqual(range(1, 6));
});

test("they are told what is unread in threads, which messages mention their user, and what their user has read", async () => {
  const [device, who] = [itemAt(devices, 0), itemAt(others, 0)];
  await say(1);
  const { seq: root } = await send(who, id, "read up to here, on another device");
  const mentions = [who.user.id];
  const { seq } = await send(ann, id, { kind: "text", body: { text: "you" }, mentions });
  const { seq: last } = await send(ann, id, { ...aside(root), mentions });
  const unread = {
    read_seq: root,
    unread_count: 1,
    threads_unread: 1,
    mentions: [{ seq: last, root }, { seq }],
  };
  await untilFrame(device, { type: "activity", last_seq: last, ...unread });
  await ask(who, id, "PUT", "/read", { seq: root - 1, unread: true });
  const next = await postText(id, ann, "next");
  await untilFrame(device, { type: "activity", last_seq: next, read_seq: root, unread_from: root - 1 });
});

test("a room socket brings each message at once", async () => {
  const room = await openRoom(id, itemAt(others, 0).token);
  await say(3);
  expect(room.seqs).toEqual([2, 3, 4]);
});

test("a device that sends gets its acks, and others the message when they look", async () => {
  await say(1);
  const [one, other] = [itemAt(devices, 0), itemAt(devices, 1)];
  one.send({ ...textFrame("from a device", "x"), conversation_id: id });
  await one.until(({ acks }) => acks.length === 1);
  await other.until(() => heard(other) === 3);
  expect(await look(other)).toEqual([1, 2, 3]);
});

test("messages wait over evictions of the inbox and of the conversation", async () => {
  await say(2);
  await evictDurableObject(inboxObject(itemAt(others, 0).user.id));
  await evictDurableObject(conversationObject(id));
  await say(2);
  expect(await look(itemAt(devices, 0))).toEqual(range(1, 5));
});

test("once the group is not crowded any more, a device that has looked gets each message", async () => {
  await say(1);
  const [device, gone] = [itemAt(devices, 0), itemAt(devices, 2)];
  gone.close();
  devices.pop();
  // The inbox answers that no device is left.
  await expect
    .poll(async () => {
      await say(1);
      await look(device);
      const seq = await postText(id, ann, "live?");
      await device.until(() => heard(device) >= seq);
      return device.seqs.includes(seq);
    })
    .toBe(true);
  expect(device.seqs).toEqual(range(1, device.seqs.length));
});

test("a rename reaches the devices of a crowded group", async () => {
  await say(1);
  await ask(ann, id, "PATCH", "", { name: "Crowd" });
  await itemAt(devices, 0).until(({ frames }) =>
    frames.some(
      ({ type, conversation }) => type === "conversation" && JSON.stringify(conversation).includes("Crowd"),
    ),
  );
});

test("a device is told of no state of the conversation that is older than what it was told before", async () => {
  const [device, who] = [itemAt(devices, 0), itemAt(others, 0)];
  const room = await openRoom(id, who.token);
  await say(1);
  // What follows is told together, as the cooldown is that of the last delivery.
  overrideTiming({ fanout: { crowdedCooldownMs: 2_000 } });
  await say(1);
  await ask(who, id, "PUT", "/preferences", { sticky: true });
  // Now it waits for the devices.
  await room.next("conversation");
  for (const _ of range(1, 4)) await postText(id, ann, "message");
  await device.until(() => device.of("conversation").length === 1);
  const told = device.frames.flatMap(({ type, conversation, ...fields }) =>
    type === "conversation" || type === "activity" ? [Told.parse(conversation ?? fields)] : [],
  );
  // Nobody has read anything.
  expect(told).toEqual(told.toSorted((a, b) => a.last_seq - b.last_seq));
  expect(told).toEqual(told.map(({ last_seq }) => ({ last_seq, unread_count: last_seq })));
});

test("a member who has been removed makes no crowd, though their device stays connected", async () => {
  await say(1);
  const [device, gone] = [itemAt(devices, 0), itemAt(devices, 2)];
  const members = `/v1/conversations/${id}/members`;
  await call("DELETE", `${members}/${itemAt(others, 2).user.id}`, { token: ann.token });
  await gone.until(({ frames }) =>
    frames.some(({ type, event }) => type === "member" && event === "removed"),
  );
  devices.pop();
  await say(1);
  await look(device);
  const seq = await postText(id, ann, "live?");
  await device.until(() => heard(device) >= seq);
  expect(device.seqs.at(-1)).toBe(seq);
});
