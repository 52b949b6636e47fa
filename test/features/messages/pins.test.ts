import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { Pins } from "../../../src/surfaces/v1/messages/pins.ts";
import { type Answer, call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getConversation,
  getMessage,
  openDirect,
  send,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { createGroupId, postText, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

/** Ann owns a group of two with three messages. */
beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
  for (const i of range(1, 3)) await postText(id, ann, `text ${i}`);
});

const pathOf = (seq: number, at = id) => `/v1/conversations/${at}/messages/${seq}/pin`;
const pin = (who: SignedIn, seq: number) => call("PUT", pathOf(seq), { token: who.token });
const unpin = (who: SignedIn, seq: number) => call("DELETE", pathOf(seq), { token: who.token });

async function done(answer: Promise<Answer>): Promise<void> {
  expect((await answer).status).toBe(204);
}

async function pins(who: SignedIn): Promise<number[]> {
  const { status, body } = await ask(who, id, "GET", "/pins");
  expect(status).toBe(200);
  return Pins.parse(body).items.map(({ seq }) => seq);
}

test("a pinned message says when and by whom, and a tip tells the members", async () => {
  await done(pin(ann, 2));
  const pinned = await getMessage(bob, id, 2);
  expect(pinned).toMatchObject({ pinned_by: ann.user.id, rev: 1 });
  expect(pinned.pinned_at).toBeGreaterThan(0);
  expect(await getMessage(bob, id, 4)).toMatchObject({
    kind: "tip",
    body: { event: "pinned", actor_id: ann.user.id, user_ids: [], seq: 2 },
  });
  expect(await getConversation(bob, id)).toMatchObject({ unread_count: 3, last_message: { seq: 4 } });
});

test("pins are listed with the newest first; a repeat changes nothing, and adds no tip", async () => {
  await done(pin(ann, 3));
  await done(pin(ann, 1));
  await done(pin(ann, 3));
  expect(await pins(bob)).toEqual([1, 3]);
  expect((await getConversation(bob, id)).last_seq).toBe(5);
  await done(unpin(ann, 3));
  await done(unpin(ann, 3));
  expect(await pins(bob)).toEqual([1]);
  const { pinned_at, pinned_by, rev } = await getMessage(bob, id, 3);
  expect({ pinned_at, pinned_by, rev }).toEqual({ pinned_at: 0, pinned_by: undefined, rev: 3 });
});

test("a message that is pinned again is told again only after an hour, or 200 messages", async () => {
  const told = async () => (await getConversation(bob, id)).last_seq;
  for (const who of [ann, ann, ann]) {
    await done(pin(who, 2));
    await done(unpin(who, 2));
  }
  expect(await told()).toBe(4);
  await done(pin(ann, 2));
  expect([await pins(bob), await told()]).toEqual([[2], 4]);
  await done(pin(ann, 1));
  expect(await told()).toBe(5);
  await done(unpin(ann, 2));
  advanceClock(LIMITS.pinNoticeMs + 1);
  await done(pin(ann, 2));
  expect(await told()).toBe(6);
});

test("pins of one millisecond are listed in the order of the calls, whatever changes later", async () => {
  const clock = freezeClock();
  try {
    for (const seq of range(1, 3)) await done(pin(ann, seq));
  } finally {
    clock.resume();
  }
  expect(await pins(bob)).toEqual([3, 2, 1]);
  await expectAsked(bob, id, "PUT", `/messages/1/reactions/${encodeURIComponent("👍")}`);
  expect(await pins(bob)).toEqual([3, 2, 1]);
});

test("a revoke unpins in the same change", async () => {
  await done(pin(ann, 2));
  expect((await deleteMessage(ann, id, 2, "everyone")).status).toBe(204);
  expect(await pins(bob)).toEqual([]);
  expect(await getMessage(bob, id, 2)).toMatchObject({ revoked: true, pinned_at: 0, rev: 2 });
  expectProblem(await pin(ann, 2), 400, "validation_failed");
});

describe("who may pin", () => {
  test("a plain member may not, an admin may", async () => {
    expectProblem(await pin(bob, 2), 403, "forbidden");
    const role = { token: ann.token, body: { role: "admin" } };
    const promoted = await call("PATCH", `/v1/conversations/${id}/members/${bob.user.id}`, role);
    expect(promoted.status).toBe(200);
    await done(pin(bob, 2));
    expectProblem(await pin(bob, 4), 400, "validation_failed");
  });

  test("both may in a direct conversation, unless one blocks the other", async () => {
    const direct = await openDirect(ann, bob);
    await send(ann, direct.id, "hello");
    for (const { token } of [bob, ann]) {
      expect((await call("PUT", pathOf(1, direct.id), { token })).status).toBe(204);
    }
    expect((await getMessage(ann, direct.id, 1)).pinned_by).toBe(bob.user.id);
    await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
    expectProblem(await call("DELETE", pathOf(1, direct.id), { token: bob.token }), 403, "blocked");
  });

  test("nobody pins a message that they cannot see", async () => {
    expect((await deleteMessage(ann, id, 2, "me")).status).toBe(204);
    expectProblem(await pin(ann, 2), 404, "not_found");
    const [carl] = await registerUsers(1);
    expectProblem(await call("PUT", pathOf(1), { token: carl?.token ?? "" }), 404, "not_found");
  });
});

test("who came later sees the pins of what they can see", async () => {
  await done(pin(ann, 2));
  const [carl] = await registerUsers(1);
  const body = { user_ids: [carl.user.id] };
  await ask(ann, id, "POST", "/members", body);
  const seq = await postText(id, ann, "later");
  await done(pin(ann, seq));
  expect(await pins(carl)).toEqual([seq]);
  expect(await pins(bob)).toEqual([seq, 2]);
});

test("at most 100 messages are pinned", async () => {
  for (const i of range(4, 101)) await send(ann, id, `${i}`);
  for (const seq of range(1, 100)) await done(pin(ann, seq));
  expectProblem(await pin(ann, 101), 409, "conflict");
  await done(pin(ann, 100));
  await done(unpin(ann, 1));
  await done(pin(ann, 101));
  expect((await pins(bob)).length).toBe(100);
});

test("fifty at once pin a message once", async () => {
  const answers = await Promise.all(range(1, 50).map(() => pin(ann, 2)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect((await getConversation(bob, id)).last_seq).toBe(4);
});

describe("on sockets", () => {
  const Changed = z.object({ rev: z.int(), items: z.array(Message) });

  test("both kinds are told a pin as a changed message", async () => {
    setTiming({ deviceFeed: { holdMs: 1 } });
    const room = await openRoom(id, bob.token);
    const device = await openDevice(bob.token);
    const seq = await postText(id, ann, "for the device");
    await device.until(() => device.seqs.includes(seq));
    await done(pin(ann, 2));
    for (const socket of [room, device]) {
      const { rev, items } = Changed.parse(await socket.next("changed"));
      const { mine: _, ...shared } = await getMessage(bob, id, 2);
      expect({ rev, items }).toEqual({ rev: 1, items: [shared] });
    }
  });

  test("what changes often is announced once, in its last state and before a later event", async () => {
    // Announcements after the first one wait, until something flushes them.
    overrideTiming({ changes: { intervalMs: 3_600_000 } });
    const socket = await openRoom(id, bob.token);
    await done(pin(ann, 1));
    for (const _ of range(1, 10)) {
      await done(pin(ann, 2));
      await done(unpin(ann, 2));
    }
    await done(pin(ann, 3));
    await socket.untilProcessed();
    expect(socket.of("changed").map(({ rev }) => rev)).toEqual([1]);
    expect((await deleteMessage(bob, id, 1, "me")).status).toBe(204);
    await socket.next("hidden");
    const told = socket.frames.filter(({ type }) => type === "changed" || type === "hidden");
    expect(told.map(({ type, rev }) => [type, rev])).toEqual([
      ["changed", 1],
      ["changed", 22],
      ["hidden", 23],
    ]);
    const { items } = Changed.parse(told[1]);
    expect(items.map(({ seq, pinned_at }) => [seq, pinned_at > 0])).toEqual([
      [2, false],
      [3, true],
    ]);
  });

  test("who resumes while an announcement waits is told each change once", async () => {
    overrideTiming({ changes: { intervalMs: 3_600_000 }, deviceFeed: { holdMs: 1 } });
    const device = await openDevice(bob.token);
    const live = await openRoom(id, bob.token);
    await done(pin(ann, 1));
    await live.next("changed");
    await done(pin(ann, 2));
    const room = await openRoom(id, bob.token, "?after=5&rev=1");
    device.send({ type: "sync", conversation_id: id, after: 5, rev: 1 });
    live.send({ type: "sync", after: 5 });
    for (const socket of [room, device, live]) {
      await socket.next("synced");
      await done(pin(ann, 2));
      await socket.untilProcessed(id);
      const revs = socket.of("changed").flatMap((frame) => Changed.parse(frame).items.map(({ rev }) => rev));
      expect(revs.slice(socket === live ? 1 : 0)).toEqual([2]);
    }
  });
});
