import { runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { DeviceCalls } from "../../../src/conversation/delivery/device-calls.ts";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { intercept } from "../../support/faults/calls.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
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

/** A call whose result is its answer. */
const Answered = z.object({ ok: z.literal(true), value: z.looseObject({ update: z.looseObject({}) }) });

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let phone: TestSocket;
let tablet: TestSocket;
let anns: TestSocket;

// A slow machine sends the next message within this time.
beforeAll(() => setTiming({ assumedUpdates: { confirmMs: 1_000 } }));

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
  const devices = await Promise.all([bob, bob, ann].map(({ token }) => openDevice(token)));
  [phone, tablet, anns] = [itemAt(devices, 0), itemAt(devices, 1), itemAt(devices, 2)];
  for (const device of devices) await device.untilProcessed(id);
  return () => {
    for (const device of devices) device.close();
    vi.restoreAllMocks();
  };
});

/** Bob's phone sends a message and has its ack, or its refusal, before this resolves. */
async function say(frame: object): Promise<void> {
  const [acks, errors] = [phone.acks.length, phone.of("error").length];
  phone.send({ ...frame, conversation_id: id });
  await phone.until((now) => now.acks.length > acks || now.of("error").length > errors);
}

/** Asserts that each device knows the messages up to `last` in their order, each once. */
async function expectAllOnce(last: number, ...devices: TestSocket[]): Promise<void> {
  for (const device of devices) {
    await device.until(() => seqsKnownTo(device, id).includes(last));
    expect(seqsKnownTo(device, id)).toEqual(range(1, last));
  }
}

async function abort(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

/**
 * Bob's phone sends until a result is answered, to which this happens on its way.
 * @returns the number of messages
 */
async function sayUntil(happens: () => Promise<void>, frame: (n: number) => object): Promise<number> {
  let hasHappened = false;
  using _ = intercept(async ({ method, work }) => {
    const answer = await work();
    if (method !== "sendFromDevice" || hasHappened || !Answered.safeParse(answer).success) return answer;
    hasHappened = true;
    await happens();
    return answer;
  });
  let count = 0;
  while (!hasHappened)
    await say(frame(++count)).catch((error: unknown) => {
      // What happens may close the socket.
      if (!hasHappened) throw error;
    });
  return count;
}

const lost = () => Promise.reject(new Error("Network connection lost."));

test("a device that waits for each ack gets results as answers, and all devices show each message once", async () => {
  const sends = vi.spyOn(DeviceCalls.prototype, "sends");
  for (let n = 1; n <= 20; n++) await say(textFrame(`${n}`, `${n}`));
  await expectAllOnce(await postText(id, ann, "the last"), phone, tablet, anns);
  // The first sends find none before them. After a pause of the machine a send is called back too.
  const answered = sends.mock.settledResults.filter(({ value }) => value !== null);
  expect(answered.length).toBeGreaterThanOrEqual(10);
});

test("a message whose answer is lost is shown by the sender's other devices, though nothing follows it", async () => {
  const count = await sayUntil(lost, (n) => textFrame(`${n}`));
  expect(phone.of("error").at(-1)).toMatchObject({ code: "unavailable", conversation_id: id });
  await expectAllOnce(count, tablet, anns);
  await assertConsistent(id);
});

test("a message whose answer is lost is sent again, and acked with its first place", async () => {
  const count = await sayUntil(lost, (n) => textFrame(`${n}`, `${n}`));
  await say(textFrame(`${count}`, `${count}`));
  expect(phone.acks.at(-1)?.seq).toBe(count);
  await say(textFrame("next", "next"));
  await expectAllOnce(count + 1, tablet, anns);
});

test("an inbox that crashes before it takes an answer has the message, as its devices have once they sync", async () => {
  const crash = () => abort(inboxObject(bob.user.id));
  const count = await sayUntil(crash, (n) => textFrame(`${n}`, `${n}`));
  expect(phone.acks).toHaveLength(count - 1);
  tablet = await openDevice(bob.token);
  tablet.send({ type: "sync", conversation_id: id, after: 0 });
  await expectAllOnce(count, tablet, anns);
  await expectAllOnce(await postText(id, ann, "next"), tablet, anns);
  await assertConsistent(id);
});

test("a conversation that crashes once it has answered goes on where it was", async () => {
  const count = await sayUntil(
    () => abort(conversationObject(id)),
    (n) => textFrame(`${n}`, `${n}`),
  );
  await expectAllOnce(count, phone, tablet);
  await expectAllOnce(await postText(id, ann, "next"), phone, tablet, anns);
  await assertConsistent(id);
});
