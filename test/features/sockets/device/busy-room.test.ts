import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { seqsKnownTo } from "../../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { intercept } from "../../../support/faults/calls.ts";
import { createGroupId, postText, range, textFrame } from "../../../support/objects/room.ts";
import { overrideTiming } from "../../../support/timing.ts";

/** Ann sends on a room socket, Bob listens on a device. */
let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let room: TestSocket;
let device: TestSocket;

beforeEach(async () => {
  overrideTiming({ deviceFeed: { holdMs: 1 } });
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
  [room, device] = [await openRoom(id, ann.token), await openDevice(bob.token)];
  // The conversation knows of the device once its inbox has answered an update.
  await postText(id, ann, "first");
  await device.until(() => seqsKnownTo(device, id).includes(1));
});

/** Sends a frame of messages on the room socket. Resolves once they are stored. */
async function say(count: number): Promise<void> {
  const before = room.acks.length;
  room.send({ type: "sends", items: range(1, count).map((nth) => textFrame(String(nth))) });
  await room.until(() => room.acks.length === before + count);
}

test("while room sockets send very many messages, a device gets pages of them, each message once and in order", async () => {
  // Ann has no device: her list alone would be updated twice a second, as often as the test is slow.
  overrideTiming({
    fanout: { cooldownMs: 600_000 },
    roomLoad: { highMessages: 1, windowMs: 600_000, pageMs: 600_000 },
  });
  let updates = 0;
  using _ = intercept(({ method, work }) => {
    if (method === "applyUpdate") updates++;
    return work();
  });
  // The first of them go at once, and each later page once it has 500: the last page that is not full stays.
  for (const __ of range(1, 60)) await say(25);
  await device.until(() => seqsKnownTo(device, id).length > 900);
  expect(seqsKnownTo(device, id)).toEqual(range(1, seqsKnownTo(device, id).length));
  expect(updates).toBeLessThan(20);
});

test("the last messages of a busy room come to devices without another one", async () => {
  overrideTiming({ roomLoad: { highMessages: 1, windowMs: 600_000, pageMs: 20 } });
  for (const __ of range(1, 5)) await say(25);
  await device.until(() => seqsKnownTo(device, id).length === 126);
  expect(seqsKnownTo(device, id)).toEqual(range(1, 126));
});

test("a room that is not busy sends each message at once, over whichever door it came", async () => {
  overrideTiming({ roomLoad: { highMessages: 10, windowMs: 1, pageMs: 600_000 } });
  for (const nth of range(2, 30)) {
    if (nth % 2) await say(1);
    else await postText(id, ann, "next");
    await device.until(() => seqsKnownTo(device, id).includes(nth));
  }
});
