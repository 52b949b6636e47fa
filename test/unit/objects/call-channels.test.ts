import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ConversationChannelEnd } from "../../../src/conversation/channel-end.ts";
import { ConversationObject } from "../../../src/conversation/object.ts";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { InboxChannelEnd } from "../../../src/inbox/channel-end.ts";
import { InboxObject } from "../../../src/inbox/object.ts";
import { CallChannels } from "../../../src/object/calls/call-channels.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { untilAcked } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId, inboxObject, itemAt, textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

/** Longer than a slow machine takes for a message. */
const IDLE_MS = 2_000;

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let device: TestSocket;

// A member without a device gets one update.
beforeAll(() => setTiming({ callChannels: { idleMs: IDLE_MS }, fanout: { cooldownMs: 60_000 } }));

beforeAll(async () => {
  const all = await registerUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

beforeEach(async () => {
  id = await createGroupId(ann, bob);
  device = await openDevice(bob.token);
  return () => {
    device.close();
    vi.restoreAllMocks();
  };
});

/** Aborts an object. What it had in memory is gone. */
async function crash(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

describe("the updates of an inbox", () => {
  let room: TestSocket;

  beforeEach(async () => {
    room = await openRoom(id, ann.token);
    return () => room.close();
  });

  /** Ann sends this message, and Bob's device gets it before this resolves. */
  async function say(n: number): Promise<void> {
    room.send(textFrame(`${n}`, `${n}`));
    await device.until(({ seqs }) => seqs.includes(n));
  }

  test("go over one channel while messages follow each other, each once and in order", async () => {
    const opened = vi.spyOn(InboxObject.prototype, "openCalls");
    const over = vi.spyOn(InboxChannelEnd.prototype, "applyUpdate");
    for (let n = 1; n <= 20; n++) await say(n);
    expect(device.seqs).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    // A machine that stands still for a while has a channel closed.
    expect(opened.mock.calls.length).toBeLessThanOrEqual(3);
    expect(over.mock.calls.length).toBeGreaterThanOrEqual(14);
  });

  test("reach an inbox that starts anew at once, though its channel is gone", async () => {
    for (let n = 1; n <= 3; n++) await say(n);
    await crash(inboxObject(bob.user.id));
    device = await openDevice(bob.token);
    device.send({ type: "sync", conversation_id: id, after: 3 });
    await device.next("synced");
    for (let n = 4; n <= 6; n++) await say(n);
    expect(device.seqs).toEqual([4, 5, 6]);
  });

  test("are shown once, though an answer over the channel is lost", async () => {
    for (let n = 1; n <= 3; n++) await say(n);
    const apply = InboxChannelEnd.prototype.applyUpdate;
    vi.spyOn(InboxChannelEnd.prototype, "applyUpdate").mockImplementationOnce(async function (
      this: InboxChannelEnd,
      update,
    ) {
      await Reflect.apply(apply, this, [update]);
      throw new Error("Network connection lost.");
    });
    for (let n = 4; n <= 6; n++) await say(n);
    expect(device.seqs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("reach an inbox that has hibernated since, as an idle channel is closed", async () => {
    for (let n = 1; n <= 3; n++) await say(n);
    await evictDurableObject(inboxObject(bob.user.id), { webSockets: "hibernate" });
    await say(4);
    expect(device.seqs).toEqual([1, 2, 3, 4]);
  });
});

test("an idle channel is closed although the clock was put back", async () => {
  let isClosed = false;
  const end = {
    [Symbol.dispose]() {
      isClosed = true;
    },
  };
  const channels = new CallChannels<number>(async () => end, { idleMs: 200, maxAgeMs: 60_000 });
  const call = () =>
    channels.call(
      1,
      async () => "over the channel",
      async () => "alone",
    );
  expect([await call(), await call()]).toEqual(["alone", "over the channel"]);
  advanceClock(-60_000);
  await eventually(() => expect(isClosed).toBe(true));
});

describe("the sends of a device", () => {
  /** Bob's device sends this message, and has its ack before this resolves. */
  async function say(n: number): Promise<void> {
    device.send({ ...textFrame(`${n}`, `${n}`), conversation_id: id });
    await untilAcked(device, n);
  }

  const acked = () => device.acks.map(({ seq }) => seq);

  test("go over one channel while they follow each other, each stored and acked once", async () => {
    const opened = vi.spyOn(ConversationObject.prototype, "openCalls");
    const over = vi.spyOn(ConversationChannelEnd.prototype, "sendFromDevice");
    for (let n = 1; n <= 20; n++) await say(n);
    expect(acked()).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    // A machine that stands still for a while has a channel closed.
    expect(opened.mock.calls.length).toBeLessThanOrEqual(3);
    expect(over.mock.calls.length).toBeGreaterThanOrEqual(14);
  });

  test("are taken by a conversation that has started anew", async () => {
    for (let n = 1; n <= 3; n++) await say(n);
    await crash(env.CONVERSATION.getByName(String(id)));
    for (let n = 4; n <= 6; n++) await say(n);
    expect(acked()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("are stored and acked once, though an answer over the channel is lost", async () => {
    for (let n = 1; n <= 3; n++) await say(n);
    const send = ConversationChannelEnd.prototype.sendFromDevice;
    vi.spyOn(ConversationChannelEnd.prototype, "sendFromDevice").mockImplementationOnce(async function (
      this: ConversationChannelEnd,
      input,
      take,
    ) {
      await Reflect.apply(send, this, [input, take]);
      throw new Error("Network connection lost.");
    });
    for (let n = 4; n <= 6; n++) await say(n);
    expect(acked()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(device.of("error")).toEqual([]);
  });
});
