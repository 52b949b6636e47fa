import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { InboxCalls } from "../../../src/inbox/inbox-calls.ts";
import { InboxObject } from "../../../src/inbox/object.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { createGroupId, inboxObject, itemAt, registerUsers, textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

const IDLE_MS = 2_000;

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let room: TestSocket;
let device: TestSocket;

// Ann has no device: her list gets one update.
beforeAll(() => setTiming({ callChannels: { idleMs: IDLE_MS }, fanout: { cooldownMs: 60_000 } }));

beforeAll(async () => {
  const all = await registerUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

beforeEach(async () => {
  id = await createGroupId(ann, bob);
  room = await openRoom(id, ann.token);
  device = await openDevice(bob.token);
  return () => {
    for (const socket of [room, device]) socket.close();
    vi.restoreAllMocks();
  };
});

/** Sends this message, which the device gets before this resolves. */
async function say(n: number): Promise<void> {
  room.send(textFrame(`${n}`, `${n}`));
  await device.until(({ messages }) => messages.some(({ body }) => JSON.stringify(body).includes(`"${n}"`)));
}

/** The texts of the device's messages, as numbers. */
function shown(): number[] {
  return device.messages.map(({ body }) => Number(JSON.stringify(body).replaceAll(/\D/g, "")));
}

test("messages that follow each other reach an inbox over one channel, each once and in order", async () => {
  const opened = vi.spyOn(InboxObject.prototype, "openCalls");
  const over = vi.spyOn(InboxCalls.prototype, "applyUpdate");
  for (let n = 1; n <= 20; n++) await say(n);
  expect(shown()).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(opened).toHaveBeenCalledTimes(1);
  expect(over.mock.calls.length).toBeGreaterThanOrEqual(18);
});

test("an inbox that starts anew gets the next message at once, though its channel is gone", async () => {
  for (let n = 1; n <= 3; n++) await say(n);
  await runInDurableObject(inboxObject(bob.user.id), (_, state) => state.abort("lost on purpose")).catch(
    () => null,
  );
  device = await openDevice(bob.token);
  device.send({ type: "sync", conversation_id: id, after: 3 });
  await device.next("synced");
  for (let n = 4; n <= 6; n++) await say(n);
  expect(shown()).toEqual([4, 5, 6]);
});

test("an inbox whose channel is idle can hibernate, and gets the next message", async () => {
  for (let n = 1; n <= 3; n++) await say(n);
  await evictDurableObject(inboxObject(bob.user.id), { webSockets: "hibernate" });
  await say(4);
  expect(shown()).toEqual([1, 2, 3, 4]);
});
