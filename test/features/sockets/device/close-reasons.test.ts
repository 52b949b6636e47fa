import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { newSession, openDevices } from "../../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../../support/clients/api.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { advance, standStill } from "../../../support/clock.ts";
import { HeldCalls, HeldInbox } from "../../../support/faults/hold.ts";
import {
  conversationObject,
  inboxObject,
  newGroup,
  post,
  range,
  sessionOf,
  text,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// A socket that has said nothing yet is shown its first message at once.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 10 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  id = await newGroup(ann, bob);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Asserts that a socket is told of what happens, and can send. */
async function goesOn(socket: TestSocket): Promise<void> {
  const seq = await post(id, bob, "still there?");
  await socket.until(({ seqs }) => seqs.includes(seq));
  const { length } = socket.acks;
  socket.send({ ...text("yes"), conversation_id: id });
  await socket.until(({ acks }) => acks.length > length);
}

const valid: [string, () => unknown][] = [
  ["a read", () => ({ type: "read", conversation_id: id, seq: 0 })],
  ["a read that is refused by a rule", () => ({ type: "read", conversation_id: id + 1_000, seq: 0 })],
  ["a send", () => ({ ...text("fine"), conversation_id: id })],
  [
    "sends of which one is valid",
    () => ({ type: "sends", items: ["nonsense", { ...text("fine"), conversation_id: id }] }),
  ],
  ["a typing", () => ({ type: "typing", conversation_id: id })],
  ["a sync", () => ({ type: "sync", items: [{ conversation_id: id, after: 0 }] })],
];

test.each(valid)(
  "%s between nine invalid frames and nine more keeps the socket open, a tenth does not",
  async (_, frame) => {
    const socket = await openDevice(ann.token);
    for (const one of [...Array(9).fill("{"), frame(), ...Array(9).fill("{")]) socket.send(one);
    await socket.until(
      (it) => it.of("error").filter(({ code }) => code === "validation_failed").length >= 18,
    );
    expect(socket.isOpen).toBe(true);
    socket.send(new ArrayBuffer(1));
    expect((await socket.closed()).code).toBe(4400);
  },
);

test("sends which are invalid throughout count as one invalid frame each", async () => {
  const socket = await openDevice(ann.token);
  for (let i = 0; i < 10; i++) socket.send({ type: "sends", items: ["nonsense", text("to nowhere")] });
  expect((await socket.closed()).code).toBe(4400);
  expect(socket.of("error")).toHaveLength(20);
});

test("a socket that sends twice what it may is closed with 4429, and the others go on", async () => {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  const [fast, other] = [await openDevice(ann.token), await openDevice(ann.token)];
  const items = (n: number) => [{ ...text(`${n}`), conversation_id: id }, ...Array(63).fill("nonsense")];
  for (const n of range(1, 93)) fast.send({ type: "sends", items: items(n) });
  await fast.until(
    (socket) => socket.of("error").filter(({ code }) => code === "rate_limited").length === 93 * 64 - 3_000,
  );
  expect(fast.isOpen).toBe(true);
  // What still waits for its turn when it is closed is not sent.
  await fast.until(({ acks }) => acks.length === 47);
  fast.send({ type: "sends", items: items(94) });
  expect(await fast.closed()).toMatchObject({ code: 4429 });
  vi.restoreAllMocks();
  await goesOn(other);
  expect(other.messages.length).toBe(47 + 1);
});

test("a reader that says nothing and is sent more than 4 MiB is closed with 4408; one that pings is not", async () => {
  const [silent, pinging] = [await openDevice(bob.token), await openDevice(bob.token)];
  const sender = await openDevice(ann.token);
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  const count = Math.ceil((4.1 * 1024 * 1024) / 30_000);
  for (const i of range(1, count)) {
    sender.send({ type: "send", kind: "custom", client_msg_id: `${i}`, body, conversation_id: id });
    if (i % 50 === 0) {
      await pinging.until(({ messages }) => messages.length >= i);
      pinging.send("ping");
      await pinging.until(({ words }) => words.length >= i / 50);
    }
  }
  expect((await silent.closed()).code).toBe(4408);
  await pinging.until(({ messages }) => messages.length === count);
  await sender.until(({ acks }) => acks.length === count);
  expect(silent.messages.length).toBeGreaterThan(100);
  expect(pinging.isOpen).toBe(true);
});

test("a ping is answered past an inbox that answers nobody", async () => {
  const socket = await openDevice(ann.token);
  await socket.settled(id);
  const held = await HeldInbox.hold(ann.user.id);
  for (const _ of range(1, 3)) socket.send("ping");
  await socket.until(({ words }) => words.length === 3);
  await held.release();
  await goesOn(socket);
});

test("a socket whose attachment is not understood is closed with 1011, the others go on", async () => {
  const phone = await newSession(ann);
  const tablet = await newSession(ann);
  const [one, two, three] = [
    await openDevice(phone.token),
    await openDevice(tablet.token),
    await openDevice(ann.token),
  ];
  for (const socket of [one, two, three]) await socket.settled(id);
  await runInDurableObject(inboxObject(ann.user.id), (_, state) => {
    for (const ws of state.getWebSockets()) {
      const attachment = z.looseObject({ sessionId: z.string() }).parse(ws.deserializeAttachment());
      if (attachment.sessionId === sessionOf(phone)) ws.serializeAttachment({ v: 999, who: "knows" });
      if (attachment.sessionId === sessionOf(tablet))
        ws.serializeAttachment({ ...attachment, protocol: "v999" });
    }
  });
  await evictDurableObject(inboxObject(ann.user.id));
  one.send({ ...text("?"), conversation_id: id });
  for (const socket of [one, two]) expect((await socket.closed()).code).toBe(1011);
  await goesOn(three);
});

test("nothing is taken from a client that does not answer a close, whatever it was closed for", async () => {
  const phone = await newSession(ann);
  const [rude, kicked, kept] = [
    await openDevice(ann.token, { deaf: true }),
    await openDevice(phone.token, { deaf: true }),
    await openDevice(ann.token),
  ];
  const bobs = await openRoom(id, bob.token);
  for (let i = 0; i < 10; i++) rude.send("nonsense");
  expect((await rude.closed()).code).toBe(4400);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  expect((await kicked.closed()).code).toBe(4001);
  expect(await openDevices(ann)).toEqual([sessionOf(ann)]);
  for (const _ of range(1, 2)) {
    for (const socket of [rude, kicked]) {
      socket.send({ ...text("I am still here"), conversation_id: id });
      socket.send({ type: "sync", conversation_id: id, after: 0 });
    }
    await goesOn(kept);
    await evictDurableObject(inboxObject(ann.user.id));
  }
  await bobs.settled();
  const said = range(1, 2).flatMap(() => ["still there?", "yes"]);
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(said);
  for (const socket of [rude, kicked]) expect(socket.messages).toEqual([]);
  expect(rude.frames.at(-1)?.type).toBe("error");
  expect(kicked.frames.at(-1)?.type).toBe("kicked");
});

test("a device that waits for an answer when its inbox is lost hears that it is closed, or nothing", async () => {
  const [waiting, idle] = [await openDevice(ann.token), await openDevice(ann.token)];
  const held = await HeldCalls.hold(id, "sendFromDevice");
  waiting.send({ ...text("is it stored?", "mine"), conversation_id: id });
  await held.until(1);
  await runInDurableObject(inboxObject(ann.user.id), (_, state) => state.abort("lost on purpose")).catch(
    () => undefined,
  );
  held.release();
  for (const socket of [waiting, idle]) expect([1006, 1011]).toContain((await socket.closed()).code);
  const back = await openDevice(ann.token);
  back.send({ ...text("is it stored?", "mine"), conversation_id: id });
  await back.until(({ acks }) => acks.length === 1);
  expect(back.acks).toMatchObject([{ client_msg_id: "mine", seq: 1 }]);
  expect(await post(id, bob, "once")).toBe(2);
});

describe("a token that expires", () => {
  /** A time so many whole seconds from now, as tokens have them. */
  const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1_000) + seconds) * 1_000;

  /**
   * Moves the clock to a time, and runs the alarms of some objects. They have to be set, to that time at the latest;
   * a millisecond earlier they leave these sockets open.
   */
  async function alarmsAt(
    time: number,
    open: TestSocket[],
    objects: DurableObjectStub[] = [inboxObject(ann.user.id)],
  ) {
    for (const at of [time - 1, time]) {
      for (const object of objects) {
        const alarm = await runInDurableObject(object, (_, { storage }) => storage.getAlarm());
        expect(alarm ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(time);
      }
      advance(at - Date.now());
      for (const object of objects) await runDurableObjectAlarm(object);
      if (at < time) for (const socket of open) await socket.settled(id);
    }
  }

  /** Asserts that sockets were told that their token has expired, and are closed. */
  async function expired(sockets: TestSocket[]): Promise<void> {
    for (const socket of sockets) {
      expect((await socket.closed()).code).toBe(4001);
      expect(socket.frames.at(-1)).toEqual({ type: "kicked", reason: "token_expired" });
    }
  }

  const Jobs = z.array(z.object({ due: z.int() }));

  /** When an inbox next looks whether tokens have expired. */
  function nextLook({ user }: SignedIn): Promise<number[]> {
    return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
      const query = "SELECT due FROM jobs WHERE kind = 'expiry'";
      return Jobs.parse(storage.sql.exec(query).toArray()).map(({ due }) => due);
    });
  }

  /** What a token of a sign-in says of its expiry. */
  const expiryOf = ({ expires_at }: SignedIn) => Math.floor(expires_at / 1_000) * 1_000;

  test("sockets of both kinds are kicked as their tokens expire, each in its time, and others stay", async () => {
    standStill();
    const objects = [inboxObject(ann.user.id), conversationObject(id)];
    const [first, second] = [inSeconds(100), inSeconds(200)];
    const [late, brief, briefer] = [ann, await newSession(ann, second), await newSession(ann, first)];
    const kept = [await openDevice(late.token), await openRoom(id, late.token), await openDevice(bob.token)];
    const seconds = [await openDevice(brief.token), await openRoom(id, brief.token)];
    const firsts = [
      await openDevice(briefer.token),
      await openDevice(briefer.token, { deaf: true }),
      await openRoom(id, briefer.token),
    ];
    expect(await nextLook(ann)).toEqual([first]);
    await alarmsAt(first, firsts, objects);
    await expired(firsts);
    expect(await nextLook(ann)).toEqual([second]);
    await alarmsAt(second, seconds, objects);
    await expired(seconds);
    expect(await openDevices(ann)).toEqual([sessionOf(late)]);
    expect(await nextLook(ann)).toEqual([expiryOf(late)]);
    const seq = await post(id, bob, "hello");
    for (const socket of kept) await socket.until(({ seqs }) => seqs.includes(seq));
    for (const { token } of [brief, briefer]) expect((await upgrade(DEVICE_PATH, token)).status).toBe(401);
  });

  test("a token expires also while its inbox sleeps", async () => {
    standStill();
    const expiresAt = inSeconds(100);
    const brief = await newSession(ann, expiresAt);
    const [device, deaf, kept] = [
      await openDevice(brief.token),
      await openDevice(brief.token, { deaf: true }),
      await openDevice(ann.token),
    ];
    for (const socket of [device, deaf, kept]) await socket.settled(id);
    await evictDurableObject(inboxObject(ann.user.id));
    await evictDurableObject(conversationObject(id));
    advance(expiresAt - Date.now());
    expect(await runDurableObjectAlarm(inboxObject(ann.user.id))).toBe(true);
    await expired([device, deaf]);
    await evictDurableObject(inboxObject(ann.user.id));
    deaf.send({ type: "typing", conversation_id: id });
    await kept.settled(id);
    expect(await openDevices(ann)).toEqual([sessionOf(ann)]);
  });

  test("a crash that takes the sockets leaves a look that finds those which have come since", async () => {
    standStill();
    const expiresAt = inSeconds(100);
    const brief = await newSession(ann, expiresAt);
    const lost = await openDevice(brief.token);
    await lost.settled(id);
    const object = inboxObject(ann.user.id);
    await runInDurableObject(object, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
    await lost.closed();
    const [again, kept] = [await openDevice(brief.token), await openDevice(ann.token)];
    expect(await nextLook(ann)).toEqual([expiresAt]);
    await alarmsAt(expiresAt, [again]);
    await expired([again]);
    await kept.settled(id);
    expect(await nextLook(ann)).toEqual([expiryOf(ann)]);
  });

  test("without a socket no look is left once the last token has expired", async () => {
    standStill();
    const expiresAt = inSeconds(100);
    const socket = await openDevice((await newSession(ann, expiresAt)).token);
    await alarmsAt(expiresAt, [socket]);
    await expired([socket]);
    expect(await nextLook(ann)).toEqual([]);
    expect(await openDevices(ann)).toEqual([]);
  });
});
