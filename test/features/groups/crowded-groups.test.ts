import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  registerUsers,
  textFrame,
} from "../../support/objects/room.ts";
import { setLiveMembers } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

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
    ...{ type: "activity", conversation_id: id, last_seq: 4, rev: 0, unread_count: 4 },
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
  await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "Crowd" } });
  await itemAt(devices, 0).until(({ frames }) =>
    frames.some(
      ({ type, conversation }) => type === "conversation" && JSON.stringify(conversation).includes("Crowd"),
    ),
  );
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
