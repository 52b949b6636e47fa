import { beforeAll, expect, test } from "vitest";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { expectAsked } from "../../../support/clients/chat.ts";
import { openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { createGroupId, postText, range } from "../../../support/objects/room.ts";
import { setNoRateLimits } from "../../../support/settings.ts";
import { overrideTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setNoRateLimits());

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

/** Has Ann send messages of 30 KB, each alone, until they are acknowledged. @returns how many there are */
async function sendLarge(room: number, mib: number, pinging?: TestSocket): Promise<number> {
  const sender = await openRoom(room, ann.token);
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  const count = Math.ceil((mib * 1024 * 1024) / 30_000);
  for (const i of range(1, count)) {
    sender.send({ type: "send", kind: "custom", client_msg_id: `${i}`, body });
    if (i % 30 === 0) {
      await sender.until(({ acks }) => acks.length >= i);
      await pinging?.until(({ messages }) => messages.length >= i);
      pinging?.send("ping");
    }
  }
  await sender.until(({ acks }) => acks.length === count);
  sender.close();
  return count;
}

const MIB = 1024 * 1024;

test("a silent reader falls behind after 4 MiB, and is closed with 4408; a reader that pings is not", async () => {
  overrideTiming({ slowReader: { checkMs: 20, patienceMs: 100 } });
  const room = await createGroupId(ann, bob);
  const [silent, pinging] = [await openRoom(room, bob.token), await openRoom(room, bob.token)];
  const count = await sendLarge(room, 9, pinging);
  expect((await silent.closed()).code).toBe(4408);
  expect(silent.received).toBeGreaterThan(4 * MIB);
  expect(silent.received).toBeLessThan(4.6 * MIB);
  await pinging.until(({ messages }) => messages.length === count);
  expect(pinging.isOpen).toBe(true);
});

test("a reader that fell behind is brought up to date once it pings, without a gap, and is live then", async () => {
  overrideTiming({ slowReader: { checkMs: 20 } });
  const room = await createGroupId(ann, bob);
  const slow = await openRoom(room, bob.token);
  const seq = await postText(room, ann, "first");
  const count = 1 + (await sendLarge(room, 8));
  await expectAsked(ann, room, "PUT", `/messages/${seq}/reactions/:k:`);
  const before = slow.messages.length;
  expect(before).toBeLessThan(count);
  while (slow.messages.length < count) {
    slow.send("ping");
    const { length } = slow.messages;
    await slow.until(({ messages }) => messages.length > length);
  }
  expect(slow.seqs).toEqual(range(1, count));
  await slow.next("changed");
  expect(slow.of("synced")).toEqual([]);
  const next = await postText(room, ann, "live");
  await slow.until(({ seqs }) => seqs.includes(next));
  slow.close();
});

test("the acks of a sender that fell behind follow the messages before them", async () => {
  overrideTiming({ slowReader: { checkMs: 20 } });
  const room = await createGroupId(ann, bob);
  const slow = await openRoom(room, bob.token);
  const count = await sendLarge(room, 6);
  slow.send({ type: "send", kind: "text", client_msg_id: "mine", body: { text: "mine" } });
  const ack = await slow.next("ack");
  expect(ack).toMatchObject({ seq: count + 1, client_msg_id: "mine" });
  const place = slow.frames.indexOf(ack);
  const earlier = slow.frames
    .slice(0, place)
    .flatMap((frame) => (frame.type === "messages" ? frame.items : frame.message) ?? []);
  expect(earlier.length).toBeGreaterThanOrEqual(count);
  slow.close();
});
