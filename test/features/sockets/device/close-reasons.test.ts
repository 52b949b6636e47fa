import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { newSession, openDeviceSockets } from "../../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../../support/clients/api.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import { HeldInbox, HeldMethod } from "../../../support/faults/hold.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  sessionOf,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// A short hold: a socket that has sent nothing gets its first message at once.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 10 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  id = await createGroupId(ann, bob);
});

/** Expects a socket to receive a message and to have a send acknowledged. */
async function expectWorking(socket: TestSocket): Promise<void> {
  const seq = await postText(id, bob, "still there?");
  await socket.until(({ seqs }) => seqs.includes(seq));
  const { length } = socket.acks;
  socket.send({ ...textFrame("yes"), conversation_id: id });
  await socket.until(({ acks }) => acks.length > length);
}

test("a socket that sends twice what its user may is closed with 4429, other sockets are not", async () => {
  freezeClock();
  const [fast, other] = [await openDevice(ann.token), await openDevice(ann.token)];
  // Each of these frames counts as its 64 items, and their opening of the sockets as ten.
  const items = (n: number) => [{ ...textFrame(`${n}`), conversation_id: id }, ...Array(63).fill("nonsense")];
  for (const n of range(1, 93)) fast.send({ type: "sends", items: items(n) });
  await fast.until(
    (socket) => socket.of("error").filter(({ code }) => code === "rate_limited").length === 93 * 64 - 2_990,
  );
  expect(fast.isOpen).toBe(true);
  // Sends that are still queued when the socket closes are not stored.
  await fast.until(({ acks }) => acks.length === 47);
  fast.send({ type: "sends", items: items(94) });
  expect(await fast.closed()).toMatchObject({ code: 4429 });
  // A user in debt gets no further socket, and what they have stays open.
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  advanceClock(60_000);
  await expectWorking(other);
  expect(other.messages.length).toBe(47 + 1);
});

test("a ping is answered while the inbox does not answer", async () => {
  const socket = await openDevice(ann.token);
  await socket.untilProcessed(id);
  const held = await HeldInbox.hold(ann.user.id);
  for (const _ of range(1, 3)) socket.send("ping");
  await socket.until(({ words }) => words.length === 3);
  held.release();
  await expectWorking(socket);
});

test("a socket with an unreadable attachment is closed with 1011, other sockets are not", async () => {
  const phone = await newSession(ann);
  const tablet = await newSession(ann);
  const [one, two, three] = [
    await openDevice(phone.token),
    await openDevice(tablet.token),
    await openDevice(ann.token),
  ];
  for (const socket of [one, two, three]) await socket.untilProcessed(id);
  await runInDurableObject(inboxObject(ann.user.id), (_, state) => {
    for (const ws of state.getWebSockets()) {
      const attachment = z.looseObject({ sessionId: z.string() }).parse(ws.deserializeAttachment());
      if (attachment.sessionId === sessionOf(phone)) ws.serializeAttachment({ v: 999, who: "knows" });
      if (attachment.sessionId === sessionOf(tablet))
        ws.serializeAttachment({ ...attachment, protocol: "v999" });
    }
  });
  await evictDurableObject(inboxObject(ann.user.id));
  one.send({ ...textFrame("?"), conversation_id: id });
  for (const socket of [one, two]) expect((await socket.closed()).code).toBe(1011);
  await expectWorking(three);
});

test("frames of a client that does not answer a close are ignored, whatever the reason of the close", async () => {
  const phone = await newSession(ann);
  const [rude, kicked, remaining] = [
    await openDevice(ann.token, { halfOpen: true }),
    await openDevice(phone.token, { halfOpen: true }),
    await openDevice(ann.token),
  ];
  const bobs = await openRoom(id, bob.token);
  for (let i = 0; i < 10; i++) rude.send("nonsense");
  expect((await rude.closed()).code).toBe(4400);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  expect((await kicked.closed()).code).toBe(4001);
  expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann)]);
  for (const _ of range(1, 2)) {
    for (const socket of [rude, kicked]) {
      socket.send({ ...textFrame("I am still here"), conversation_id: id });
      socket.send({ type: "sync", conversation_id: id, after: 0 });
    }
    await expectWorking(remaining);
    await evictDurableObject(inboxObject(ann.user.id));
  }
  await bobs.untilProcessed();
  const expectedTexts = range(1, 2).flatMap(() => ["still there?", "yes"]);
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(expectedTexts);
  for (const socket of [rude, kicked]) expect(socket.messages).toEqual([]);
  expect(rude.frames.at(-1)?.type).toBe("error");
  expect(kicked.frames.at(-1)?.type).toBe("kicked");
});

test("a crash of the inbox closes a device that waits for an ack, and a repeated send is stored once", async () => {
  const [waiting, idle] = [await openDevice(ann.token), await openDevice(ann.token)];
  const held = await HeldMethod.hold(id, "sendFromDevice");
  waiting.send({ ...textFrame("is it stored?", "mine"), conversation_id: id });
  await held.until(1);
  await runInDurableObject(inboxObject(ann.user.id), (_, state) => state.abort("lost on purpose")).catch(
    () => undefined,
  );
  held.release();
  for (const socket of [waiting, idle]) expect([1006, 1011]).toContain((await socket.closed()).code);
  const back = await openDevice(ann.token);
  back.send({ ...textFrame("is it stored?", "mine"), conversation_id: id });
  await back.until(({ acks }) => acks.length === 1);
  expect(back.acks).toMatchObject([{ client_msg_id: "mine", seq: 1 }]);
  expect(await postText(id, bob, "once")).toBe(2);
});

describe("an expiring token", () => {
  /** A time in whole seconds from now, as tokens have them. @returns ms since the epoch */
  const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1_000) + seconds) * 1_000;

  /**
   * Moves the clock to a time and runs the alarms of some objects. The alarms must be set to that time at the
   * latest. One millisecond earlier they leave the sockets in `open` open.
   */
  async function runAlarmsAt(
    time: number,
    open: TestSocket[],
    objects: DurableObjectStub[] = [inboxObject(ann.user.id)],
  ) {
    for (const at of [time - 1, time]) {
      for (const object of objects) {
        const alarm = await runInDurableObject(object, (_, { storage }) => storage.getAlarm());
        expect(alarm ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(time);
      }
      advanceClock(at - Date.now());
      for (const object of objects) await runDurableObjectAlarm(object);
      if (at < time) for (const socket of open) await socket.untilProcessed(id);
    }
  }

  /** Expects sockets to be kicked with `token_expired` and closed with 4001. */
  async function expectExpired(sockets: TestSocket[]): Promise<void> {
    for (const socket of sockets) {
      expect((await socket.closed()).code).toBe(4001);
      expect(socket.frames.at(-1)).toEqual({ type: "kicked", reason: "token_expired" });
    }
  }

  const Jobs = z.array(z.object({ due: z.int() }));

  /** When the inbox next checks for expired tokens. */
  function nextExpiryCheck({ user }: SignedIn): Promise<number[]> {
    return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
      const query = "SELECT due FROM jobs WHERE kind = 'expiry'";
      return Jobs.parse(storage.sql.exec(query).toArray()).map(({ due }) => due);
    });
  }

  /** The expiry time in the token of a sign-in. */
  const expiryOf = ({ expires_at }: SignedIn) => Math.floor(expires_at / 1_000) * 1_000;

  test("closes its room and device sockets on time, and no others", async () => {
    freezeClock();
    const objects = [inboxObject(ann.user.id), conversationObject(id)];
    const [first, second] = [inSeconds(100), inSeconds(200)];
    const [latest, middle, earliest] = [ann, await newSession(ann, second), await newSession(ann, first)];
    const remaining = [
      await openDevice(latest.token),
      await openRoom(id, latest.token),
      await openDevice(bob.token),
    ];
    const seconds = [await openDevice(middle.token), await openRoom(id, middle.token)];
    const firsts = [
      await openDevice(earliest.token),
      await openDevice(earliest.token, { halfOpen: true }),
      await openRoom(id, earliest.token),
    ];
    expect(await nextExpiryCheck(ann)).toEqual([first]);
    await runAlarmsAt(first, firsts, objects);
    await expectExpired(firsts);
    expect(await nextExpiryCheck(ann)).toEqual([second]);
    await runAlarmsAt(second, seconds, objects);
    await expectExpired(seconds);
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(latest)]);
    expect(await nextExpiryCheck(ann)).toEqual([expiryOf(latest)]);
    const seq = await postText(id, bob, "hello");
    for (const socket of remaining) await socket.until(({ seqs }) => seqs.includes(seq));
    for (const { token } of [middle, earliest]) expect((await upgrade(DEVICE_PATH, token)).status).toBe(401);
  });

  test("closes its sockets while the inbox hibernates", async () => {
    freezeClock();
    const expiresAt = inSeconds(100);
    const expiring = await newSession(ann, expiresAt);
    const [device, deaf, remaining] = [
      await openDevice(expiring.token),
      await openDevice(expiring.token, { halfOpen: true }),
      await openDevice(ann.token),
    ];
    for (const socket of [device, deaf, remaining]) await socket.untilProcessed(id);
    await evictDurableObject(inboxObject(ann.user.id));
    await evictDurableObject(conversationObject(id));
    advanceClock(expiresAt - Date.now());
    expect(await runDurableObjectAlarm(inboxObject(ann.user.id))).toBe(true);
    await expectExpired([device, deaf]);
    await evictDurableObject(inboxObject(ann.user.id));
    deaf.send({ type: "typing", conversation_id: id });
    await remaining.untilProcessed(id);
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann)]);
  });

  test("closes sockets that opened after a crash of the inbox, by the check stored before", async () => {
    freezeClock();
    const expiresAt = inSeconds(100);
    const expiring = await newSession(ann, expiresAt);
    const lost = await openDevice(expiring.token);
    await lost.untilProcessed(id);
    const object = inboxObject(ann.user.id);
    await runInDurableObject(object, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
    await lost.closed();
    const [again, remaining] = [await openDevice(expiring.token), await openDevice(ann.token)];
    expect(await nextExpiryCheck(ann)).toEqual([expiresAt]);
    await runAlarmsAt(expiresAt, [again]);
    await expectExpired([again]);
    await remaining.untilProcessed(id);
    expect(await nextExpiryCheck(ann)).toEqual([expiryOf(ann)]);
  });

  test("leaves no expiry check once no socket is left", async () => {
    freezeClock();
    const expiresAt = inSeconds(100);
    const socket = await openDevice((await newSession(ann, expiresAt)).token);
    await runAlarmsAt(expiresAt, [socket]);
    await expectExpired([socket]);
    expect(await nextExpiryCheck(ann)).toEqual([]);
    expect(await openDeviceSockets(ann)).toEqual([]);
  });
});
