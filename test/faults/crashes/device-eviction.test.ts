import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { listedConversation } from "../../support/clients/chat.ts";
import { seqsKnownTo, untilAcked } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
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
