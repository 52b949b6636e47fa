import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { ask, listedConversation } from "../../../support/clients/chat.ts";
import { framesAbout, seqsKnownTo } from "../../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { advanceClock } from "../../../support/clock.ts";
import { HeldCalls, loseCalls } from "../../../support/faults/calls.ts";
import { runJobs } from "../../../support/objects/assert-consistent.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  textFrame,
} from "../../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let device: TestSocket;
let other: TestSocket;

// A new device waits for no first frame of its client.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 1 } }));

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
  [device, other] = [await openDevice(bob.token), await openDevice(bob.token)];
});

/** Ann says so much, and Bob's other device has it. */
async function say(count: number): Promise<void> {
  for (const _ of range(1, count)) {
    const seq = await postText(id, ann, "hello");
    await other.until((socket) => seqsKnownTo(socket, id).includes(seq));
  }
}

async function focus(socket: TestSocket): Promise<unknown> {
  const known = socket.of("focused").length;
  socket.send({ type: "focus", conversation_id: id });
  await socket.until(({ frames }) => frames.filter(({ type }) => type === "focused").length > known);
  return socket.of("focused").at(-1);
}

async function synced(socket: TestSocket, after: number, rev: number): Promise<void> {
  const known = socket.of("synced").length;
  socket.send({ type: "sync", conversation_id: id, after, rev });
  await socket.until(({ frames }) => frames.filter(({ type }) => type === "synced").length > known);
}

test("a device that shows a conversation over its room socket gets each message once, from one of both", async () => {
  await say(2);
  await device.until((socket) => seqsKnownTo(socket, id).includes(2));
  expect(await focus(device)).toEqual({ type: "focused", conversation_id: id, last_seq: 2, rev: 0 });
  const room = await openRoom(id, bob.token, "?after=2&rev=0");
  await say(3);
  await ask(ann, id, "DELETE", "/messages/1?for=everyone");
  await room.until(({ seqs, frames }) => seqs.length === 3 && frames.some(({ type }) => type === "revoked"));
  const before = framesAbout(device, id).length;
  room.close();
  await say(2);
  await synced(device, 5, 1);
  await say(1);
  await device.until((socket) => seqsKnownTo(socket, id).includes(8));
  expect([device.seqs, room.seqs]).toEqual([
    [1, 2, 6, 7, 8],
    [3, 4, 5],
  ]);
  expect(device.of("revoked")).toEqual([]);
  // Nothing came between `focused` and `synced`.
  expect(framesAbout(device, id)[before - 1]).toMatchObject({ type: "focused" });
  expect(other.seqs).toEqual(range(1, 8));
});

test("a focus survives an eviction of the inbox", async () => {
  await focus(device);
  await evictDurableObject(inboxObject(bob.user.id));
  await say(2);
  expect(device.seqs).toEqual([]);
  await synced(device, 0, 0);
  await say(1);
  await device.until((socket) => seqsKnownTo(socket, id).includes(3));
  expect(device.seqs).toEqual([1, 2, 3]);
});

test("what came while nobody looked is there at the next sync, also without a room socket", async () => {
  await focus(device);
  await say(3);
  device.send({ type: "focus", conversation_id: null });
  await synced(device, 0, 0);
  expect(device.seqs).toEqual([1, 2, 3]);
});

test("typing and reads stay away from a focused device, and return with the messages", async () => {
  await focus(device);
  const room = await openRoom(id, ann.token);
  room.send({ type: "typing" });
  await other.next("typing");
  expect(device.of("typing")).toEqual([]);
  await synced(device, 0, 0);
  const seq = await postText(id, bob, "hello");
  await ask(ann, id, "PUT", "/read", { seq });
  expect(await device.next("read")).toMatchObject({ user_id: ann.user.id, seq });
});

test("a device that is removed while it focuses is told so, and gets what comes once it is back", async () => {
  await focus(device);
  const members = `/v1/conversations/${id}/members`;
  await call("DELETE", `${members}/${bob.user.id}`, { token: ann.token });
  const isBob = ({ type, user_ids }: { type: string; user_ids?: unknown }) =>
    type === "member" && JSON.stringify(user_ids) === JSON.stringify([bob.user.id]);
  await device.until(({ frames }) => frames.some(isBob));
  await call("POST", members, { token: ann.token, body: { user_ids: [bob.user.id] } });
  const seq = await postText(id, ann, "welcome");
  await device.until((socket) => seqsKnownTo(socket, id).includes(seq));
});

test("while all devices focus, a message costs no call of their inbox; a further device hears all at once", async () => {
  overrideTiming({ fanout: { cooldownMs: 600_000 } });
  other.close();
  await focus(device);
  await postText(id, ann, "tells the conversation that all focus");
  let calls = 0;
  using _ = loseCalls("call", ({ method, id: called }) => {
    if (method === "applyUpdate" && called === bob.user.id) calls++;
    return false;
  });
  await expect
    .poll(async () => {
      const before = calls;
      await postText(id, ann, "hello");
      return calls - before;
    })
    .toBe(0);
  other = await openDevice(bob.token);
  await say(2);
  await synced(device, 0, 0);
  await say(1);
  const last = Math.max(...other.seqs);
  await device.until(({ seqs }) => seqs.includes(last));
  expect(device.seqs).toEqual(range(1, last));
});

test("a user cannot focus a conversation of others", async () => {
  const [eve] = await registerUsers(1);
  const eves = await openDevice(eve.token);
  for (const conversation_id of [id, 999_999_999]) {
    eves.send({ type: "focus", conversation_id });
    expect(await eves.next("error")).toMatchObject({ code: "not_found", conversation_id });
  }
});

test("messages before a focus come before its answer, whatever is under way", async () => {
  // The conversation is asked by its devices for what an eviction has made it forget.
  await evictDurableObject(conversationObject(id));
  const posted = Promise.all(range(1, 20).map(() => postText(id, ann, "at once")));
  const focused = await focus(device);
  await posted;
  await other.until((socket) => seqsKnownTo(socket, id).length === 20);
  const shown = device.seqs;
  expect(shown).toEqual(range(1, shown.length));
  expect(focused).toMatchObject({ last_seq: shown.length });
  await synced(device, shown.length, 0);
  expect(device.seqs).toEqual(range(1, 20));
});

test("a device that opens while a message comes hears of changes, though the others focus", async () => {
  overrideTiming({
    ...{ fanout: { cooldownMs: 10 }, largeGroup: { aboveMembers: 1 } },
    subscription: { leaseMs: 10, renewMs: 1 },
  });
  await say(1);
  const elsewhere = await createGroupId(ann, bob);
  const seq = await postText(elsewhere, ann, "hello");
  await other.until((socket) => seqsKnownTo(socket, elsewhere).includes(seq));
  for (const socket of [device, other]) await focus(socket);
  await postText(id, ann, "while all focus");
  await runJobs(id);
  const opened = await (async () => {
    // The inbox has subscribed to the group that the others focus by then.
    using held = new HeldCalls(({ method, id: to }) => method === "snapshot" && to === elsewhere);
    const opening = openDevice(bob.token);
    await held.arrived();
    await postText(id, ann, "while it opens");
    await runJobs(id);
    held.release();
    return opening;
  })();
  await ask(ann, id, "PUT", `/messages/1/reactions/${encodeURIComponent("👍")}`);
  await runJobs(id);
  await opened.next("changed");
});

test("a list has what came right after an own send of a device that focuses", async () => {
  overrideTiming({ fanout: { cooldownMs: 2_000 }, recent: { listMs: 3_000, subscribeMs: 6_000 } });
  await say(1);
  for (const socket of [device, other]) await focus(socket);
  await runJobs(id);
  // Nothing of the conversation is recent in the inbox.
  advanceClock(10_000);
  device.send({ ...textFrame("own", "own"), conversation_id: id });
  await device.next("ack");
  const last_seq = await postText(id, ann, "later");
  expect(await listedConversation(bob, id)).toMatchObject({ last_seq, unread_count: 1 });
});
