import { beforeAll, beforeEach, expect, test } from "vitest";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import {
  ask,
  createGroup,
  getConversation,
  insertUsers,
  openDirect,
  sendAll,
  storedInConversation,
} from "../../../support/clients/chat.ts";
import { eventsOf, seqsKnownTo, untilAcked, untilFrame } from "../../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { advanceClock } from "../../../support/clock.ts";
import { HeldInbox } from "../../../support/faults/hold.ts";
import { createGroupId, postText, range, textFrame } from "../../../support/objects/room.ts";
import { evict, untilCheckpoint } from "../../../support/objects/sleep.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

// The hold of a silent socket: long enough for events during it, and no longer.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 50 } }));

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
});

async function putRead({ token }: SignedIn, id: number, seq: number): Promise<void> {
  const answer = await ask({ token }, id, "PUT", "/read", { seq });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/**
 * Moves a read position and waits for its event. Ephemeral events keep their order, so all earlier ones have
 * arrived.
 */
async function fence(who: SignedIn, id: number, seq: number, ...sockets: TestSocket[]): Promise<void> {
  await putRead(who, id, seq);
  for (const socket of sockets)
    await untilFrame(socket, { type: "read", conversation_id: id, user_id: who.user.id, seq });
}

test("a read on one device is pushed to the user's other devices and the peer's, and not to the reading device or room socket", async () => {
  const { id } = await openDirect(ann, bob);
  const [first, second, anns] = [
    await openDevice(bob.token),
    await openDevice(bob.token),
    await openDevice(ann.token),
  ];
  const room = await openRoom(id, bob.token);
  await sendAll(ann, id, range(1, 9).map(String));
  first.send({ type: "read", conversation_id: id, seq: 3 });
  for (const socket of [second, anns, room])
    await untilFrame(socket, { type: "read", user_id: bob.user.id, seq: 3 });
  second.send({ type: "read", conversation_id: id, seq: 5 });
  for (const socket of [first, anns, room])
    await untilFrame(socket, { type: "read", user_id: bob.user.id, seq: 5 });
  room.send({ type: "read", seq: 7 });
  for (const socket of [first, second, anns])
    await untilFrame(socket, { type: "read", user_id: bob.user.id, seq: 7 });
  // Positions that repeat or go back are told to nobody.
  room.send({ type: "read", seq: 7 });
  first.send({ type: "read", conversation_id: id, seq: 2 });
  await putRead(bob, id, 8);
  for (const socket of [first, second, anns, room])
    await untilFrame(socket, { type: "read", user_id: bob.user.id, seq: 8 });
  const read = (...seqs: number[]) => seqs.map((seq) => ({ type: "read", user_id: bob.user.id, seq }));
  const own = (...seqs: number[]) =>
    read(...seqs).map((frame) => ({ ...frame, unread_count: 9 - frame.seq, last_seq: 9 }));
  expect(eventsOf(first, id, "read")).toEqual(own(5, 7, 8));
  expect(eventsOf(second, id, "read")).toEqual(own(3, 7, 8));
  expect(eventsOf(room, id, "read")).toEqual(own(3, 5, 8));
  expect(eventsOf(anns, id, "read")).toEqual(read(3, 5, 7, 8));
});

test("a read of another device has the own unread count, in which tips and own messages do not count", async () => {
  const id = await createGroupId(ann, bob);
  const [device, anns] = [await openDevice(bob.token), await openDevice(ann.token)];
  const [room, annsRoom] = [await openRoom(id, bob.token), await openRoom(id, ann.token)];
  await sendAll(ann, id, ["1", "2", "3"]);
  const renamed = await ask(ann, id, "PATCH", "", { name: "new" });
  expect(renamed.status).toBe(200);
  await sendAll(ann, id, ["5", "6"]);
  await postText(id, bob, "7, which bob has written");
  await sendAll(ann, id, ["8", "9"]);
  // Bob's own message has moved his position to 7.
  await putRead(bob, id, 8);
  const shown = await getConversation(bob, id);
  expect(shown).toMatchObject({ read_seq: 8, unread_count: 1 });
  const own = {
    type: "read",
    conversation_id: id,
    user_id: bob.user.id,
    seq: 8,
    unread_count: 1,
    last_seq: 9,
  };
  expect(await room.next("read")).toEqual(own);
  expect(await device.next("read")).toEqual(own);
  for (const socket of [anns, annsRoom]) {
    const { unread_count: _, last_seq: __, ...others } = own;
    expect(await socket.next("read")).toEqual(others);
  }
});

test("the unread count of a read that arrives late counts the messages that came before it", async () => {
  const id = await createGroupId(ann, bob);
  const device = await openDevice(bob.token);
  await sendAll(ann, id, ["1", "2", "3"]);
  await device.until(({ seqs }) => seqs.length >= 3);
  const held = await HeldInbox.hold(bob.user.id);
  const reading = putRead(bob, id, 1);
  await held.until(1);
  await sendAll(ann, id, ["4", "5"]);
  held.release();
  await reading;
  await untilFrame(device, { type: "read", conversation_id: id });
  const counted = device.of("read").at(-1);
  expect([
    { seq: 1, unread_count: 2, last_seq: 3 },
    { seq: 1, unread_count: 4, last_seq: 5 },
  ]).toContainEqual({
    seq: counted?.seq,
    unread_count: counted?.unread_count,
    last_seq: counted?.last_seq,
  });
  // The socket has been sent what is counted.
  const at = device.frames.findIndex(({ type }) => type === "read");
  const before = device.frames.slice(0, at).filter(({ type }) => type.startsWith("message"));
  expect(JSON.stringify(before)).toContain(`"seq":${counted?.last_seq},`);
});

test("a read to the end, and deleting the conversation, leave nothing unread", async () => {
  const { id } = await openDirect(ann, bob);
  const device = await openDevice(bob.token);
  await sendAll(ann, id, ["1", "2"]);
  await putRead(bob, id, 2);
  expect(await device.next("read")).toMatchObject({ seq: 2, unread_count: 0, last_seq: 2 });
  await sendAll(ann, id, ["3"]);
  expect((await ask(bob, id, "DELETE", "")).status).toBe(204);
  expect(await device.next("read")).toMatchObject({ seq: 3, unread_count: 0, last_seq: 3 });
});

test("a socket whose read was refused still gets reads from other devices", async () => {
  const { id } = await openDirect(ann, bob);
  const device = await openDevice(bob.token);
  await sendAll(ann, id, ["1", "2"]);
  device.send({ type: "read", conversation_id: id, seq: 1_000 });
  expect(await device.next("error")).toMatchObject({ code: "not_found", conversation_id: id });
  await putRead(bob, id, 2);
  await untilFrame(device, { type: "read", conversation_id: id, user_id: bob.user.id, seq: 2 });
});

test("devices that read at once get no event of their own read, and all end at the furthest position", async () => {
  const { id } = await openDirect(ann, bob);
  const devices = [await openDevice(bob.token), await openDevice(bob.token), await openDevice(bob.token)];
  await sendAll(ann, id, range(1, 40).map(String));
  for (const round of range(0, 11)) {
    devices.forEach((device, i) => {
      device.send({ type: "read", conversation_id: id, seq: 3 * round + i + 1 });
    });
  }
  await Promise.all(devices.map((device) => device.untilProcessed(id)));
  await fence(bob, id, 40, ...devices);
  devices.forEach((device, i) => {
    const seqs = eventsOf(device, id, "read").map((event) => Number(Reflect.get(event, "seq")));
    expect(
      seqs.filter((seq) => seq % 3 === (i + 1) % 3 && seq < 40),
      `device ${i}`,
    ).toEqual([]);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
    if (i < 2) expect(seqs).toContain(36);
  });
});

test("typing reaches the peer at most once a second for each user, never the user's own sockets, and is not stored", async () => {
  const { id } = await openDirect(ann, bob);
  const [first, second, room] = [
    await openDevice(ann.token),
    await openDevice(ann.token),
    await openRoom(id, ann.token),
  ];
  const [bobs, bobsRoom] = [await openDevice(bob.token), await openRoom(id, bob.token)];
  await postText(id, ann, "one");
  for (const socket of [first, second, bobs]) await untilFrame(socket, { type: "message", seq: 1 });
  const stored = await storedInConversation(id);
  const startedAt = Date.now();
  for (let i = 0; i < 10; i++) {
    for (const socket of [first, second, room]) socket.send({ type: "typing", conversation_id: id });
  }
  for (const socket of [bobs, bobsRoom]) await untilFrame(socket, { type: "typing", user_id: ann.user.id });
  await Promise.all([first.untilProcessed(id), second.untilProcessed(id), room.untilProcessed()]);
  expect(await storedInConversation(id)).toBe(stored);
  await fence(bob, id, 1, first, second, bobs);
  const seconds = Math.floor((Date.now() - startedAt) / 1_000);
  for (const socket of [bobs, bobsRoom]) {
    expect(eventsOf(socket, id, "typing").length).toBeLessThanOrEqual(1 + seconds);
  }
  for (const socket of [first, second, room]) expect(eventsOf(socket, id, "typing")).toEqual([]);
});

test("typing of a muted member is not pushed", async () => {
  const id = await createGroupId(ann, bob);
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  const mute = await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
  expect(mute.status).toBe(200);
  bobs.send({ type: "typing", conversation_id: id });
  await bobs.untilProcessed(id);
  await fence(bob, id, 1, anns);
  expect(eventsOf(anns, id, "typing")).toEqual([]);
});

test.each([64, 65])(
  "in a group of %d typing and reads of others are pushed to devices only up to 64 members",
  async (size) => {
    const [cid = ann] = await signedInUsers(1);
    const { id } = await createGroup(ann, [bob, cid, ...(await insertUsers(size - 3))]);
    const [anns, bobs, bobsOther] = [
      await openDevice(ann.token),
      await openDevice(bob.token),
      await openDevice(bob.token),
    ];
    const room = await openRoom(id, cid.token);
    await sendAll(cid, id, ["1", "2"]);
    await untilFrame(bobs, { type: "message", seq: 2 });
    bobs.send({ type: "typing", conversation_id: id });
    await untilFrame(room, { type: "typing", user_id: bob.user.id });
    bobs.send({ type: "read", conversation_id: id, seq: 1 });
    await untilFrame(room, { type: "read", user_id: bob.user.id, seq: 1 });
    await untilFrame(bobsOther, { type: "read", user_id: bob.user.id, seq: 1 });
    // Messages for a new device wait for its first frame or half a second, events do not: each inbox has its
    // timer.
    await untilFrame(anns, { type: "message", seq: 2 });
    await fence(ann, id, 2, anns);
    // Ann's own read is pushed in any group, and all earlier events have arrived before it.
    const expected = size > 64 ? [] : ["typing", "read"];
    const bobsEvents = eventsOf(anns, id, "typing", "read").filter(
      (event) => Reflect.get(event, "user_id") === bob.user.id,
    );
    expect(bobsEvents.map((event) => Reflect.get(event, "type"))).toEqual(expected);
    expect(seqsKnownTo(anns, id)).toEqual([1, 2]);
  },
);

test("events during a device's sends arrive once, as do the messages", async () => {
  const id = await createGroupId(ann, bob);
  const [first, second] = [await openDevice(bob.token), await openDevice(bob.token)];
  const rename = (name: string) => ask(ann, id, "PATCH", "", { name });
  for (const round of range(1, 15)) {
    const renamed = rename(`${round}`);
    for (const n of range(1, 8)) first.send({ ...textFrame(`${round} ${n}`), conversation_id: id });
    await renamed;
  }
  await untilAcked(first, 15 * 8);
  await rename("the last");
  for (const device of [first, second]) {
    await untilFrame(device, { type: "conversation", conversation: { id, name: "the last" } });
    // A device that has sent nothing gets messages once the hold is over.
    await untilFrame(device, { type: "message", seq: 16 + 15 * 8 });
    expect(eventsOf(device, id, "member")).toHaveLength(16);
    expect(seqsKnownTo(device, id).toSorted((a, b) => a - b)).toEqual(range(1, 16 + 15 * 8));
  }
});

test("a device gets events of a conversation that starts anew on a machine whose clock is behind", async () => {
  const { id } = await openDirect(ann, bob);
  const device = await openDevice(bob.token);
  await sendAll(bob, id, range(1, 3).map(String));
  await fence(ann, id, 1, device);
  await untilCheckpoint(ConversationId.parse(id));
  advanceClock(-60_000);
  await evict(ConversationId.parse(id));
  await fence(ann, id, 2, device);
  await fence(ann, id, 3, device);
  const reads = [1, 2, 3].map((seq) => expect.objectContaining({ user_id: ann.user.id, seq }));
  expect(eventsOf(device, id, "read")).toEqual(reads);
});
