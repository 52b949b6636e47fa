import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { eventsOf, seqsKnownTo, untilAcked, untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { type Loss, loseCalls, type ObjectCall } from "../../support/faults/calls.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  inboxObject,
  itemAt,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
/** two device sockets of Ann and two of Bob */
let devices: TestSocket[];
let room: TestSocket;

beforeAll(() =>
  setTiming({ deviceFeed: { holdMs: 10 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
  devices = await Promise.all([ann, ann, bob, bob].map(({ token }) => openDevice(token)));
  room = await openRoom(id, ann.token);
});

type Victim = "the conversation" | "Ann's inbox" | "Bob's inbox";
const OBJECTS: Record<Victim, () => DurableObjectStub> = {
  "the conversation": () => conversationObject(id),
  "Ann's inbox": () => inboxObject(ann.user.id),
  "Bob's inbox": () => inboxObject(bob.user.id),
};

/** Evicts objects one after the other; their sockets stay open. */
async function evict(victims: readonly Victim[]): Promise<void> {
  for (const victim of victims) {
    // An evicted object must be called once before it can be evicted again.
    await runInDurableObject(OBJECTS[victim](), () => undefined);
    await evictDurableObject(OBJECTS[victim]());
  }
}

/** Every way to send, with the number of messages it sends. */
const SENDERS: [count: number, sendAll: () => Promise<unknown>][] = [
  [
    1,
    async () => {
      itemAt(devices, 0).send({ ...textFrame("single"), conversation_id: id });
      await untilAcked(itemAt(devices, 0), itemAt(devices, 0).acks.length + 1);
    },
  ],
  [1, () => postText(id, bob, "over HTTP")],
  [
    3,
    async () => {
      const items = range(1, 3).map((n) => ({ ...textFrame(`${n} of several`), conversation_id: id }));
      itemAt(devices, 2).send({ type: "sends", items });
      await untilAcked(itemAt(devices, 2), itemAt(devices, 2).acks.length + 3);
    },
  ],
  [
    1,
    async () => {
      room.send(textFrame("in the room"));
      await untilAcked(room, room.acks.length + 1);
    },
  ],
];

const VICTIMS: Victim[][] = [
  ["the conversation"],
  ["Bob's inbox"],
  ["Ann's inbox"],
  ["the conversation", "Bob's inbox"],
  ["Ann's inbox", "Bob's inbox", "the conversation"],
];

test.each(VICTIMS.map((victims) => [victims.join(", "), victims] as const))(
  "after each eviction of %s messages sent in any way reach all devices once, in order",
  async (_, victims) => {
    let last = 0;
    for (const round of range(1, 2)) {
      for (const [count, sendAll] of SENDERS) {
        await evict(victims);
        await sendAll();
        last += count;
        for (const device of devices) {
          await device.until(() => seqsKnownTo(device, id).length >= last);
          expect(seqsKnownTo(device, id), `round ${round}`).toEqual(range(1, last));
        }
      }
    }
    await evict(victims);
    for (const who of [ann, bob]) {
      const { last_seq, read_seq, unread_count } = await listedConversation(who, id);
      expect(unread_count).toBe(last_seq - read_seq);
      expect(last_seq).toBe(last);
    }
  },
);

test.each<Loss>(["call", "answer"])(
  "messages that were stored before an eviction, and whose %s was lost, are delivered once by the alarm",
  async (loss) => {
    const conversation = conversationObject(id);
    for (const device of devices) await device.untilProcessed(id);
    {
      const lost = new Set<number>();
      const isInboxUpdate = ({ method, id: to }: ObjectCall) =>
        method === "applyUpdate" && lost.add(to).size > 0;
      using _ = loseCalls(loss, isInboxUpdate);
      room.send({ type: "sends", items: range(1, 3).map((n) => textFrame(String(n))) });
      await untilAcked(room, 3);
      while (lost.size < 2) await nextTurn(1);
      await evictDurableObject(conversation);
    }
    const seqs = () => devices.map((device) => seqsKnownTo(device, id));
    if (loss === "call") expect(seqs()).toEqual([[], [], [], []]);
    await runJobs(id, { except: "index" });
    for (const device of devices) await device.until(() => seqsKnownTo(device, id).length >= 3);
    for (const device of devices) await device.untilProcessed(id);
    expect(seqs()).toEqual(devices.map(() => [1, 2, 3]));
    await assertConsistent(id);
    expect(await listedConversation(bob, id)).toMatchObject({ last_seq: 3, read_seq: 0, unread_count: 3 });
  },
);

test("reads, revokes, hides and typing reach devices that connected before the evictions", async () => {
  const all: Victim[] = ["the conversation", "Ann's inbox", "Bob's inbox"];
  const [anns1, anns2, bobs] = [itemAt(devices, 0), itemAt(devices, 1), itemAt(devices, 2)];
  await postText(id, ann, "one");
  await postText(id, ann, "two");
  for (const device of devices) await device.until(() => seqsKnownTo(device, id).length === 2);
  await evict(all);
  bobs.send({ type: "read", conversation_id: id, seq: 1 });
  for (const device of [anns1, anns2, itemAt(devices, 3)]) await untilFrame(device, { type: "read", seq: 1 });
  await bobs.untilProcessed(id);
  await evict(all);
  await expectDeleted(id, ann, 1, "everyone");
  for (const device of devices) await untilFrame(device, { type: "revoked", seq: 1 });
  await evict(all);
  await expectDeleted(id, ann, 2, "me");
  for (const device of [anns1, anns2]) await untilFrame(device, { type: "hidden", seq: 2 });
  await evict(all);
  anns1.send({ type: "typing", conversation_id: id });
  for (const device of [bobs, itemAt(devices, 3)])
    await untilFrame(device, { type: "typing", user_id: ann.user.id });
  await evict(all);
  expect(await postText(id, bob, "three")).toBe(3);
  for (const device of devices) {
    await device.until(() => seqsKnownTo(device, id).length === 3);
    expect(seqsKnownTo(device, id)).toEqual([1, 2, 3]);
  }
  // No event arrives twice.
  const eventTypes = (device: TestSocket) =>
    eventsOf(device, id, "read", "revoked", "hidden", "typing").map((event) => Reflect.get(event, "type"));
  expect([anns1, anns2, bobs, itemAt(devices, 3)].map(eventTypes)).toEqual([
    ["read", "revoked", "hidden"],
    ["read", "revoked", "hidden"],
    ["revoked", "typing"],
    ["read", "revoked", "typing"],
  ]);
});
