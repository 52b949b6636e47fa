import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, deleteMessage, expectAsked, getMessage } from "../../support/clients/chat.ts";
import { expectPosted, mergedDraft } from "../../support/clients/forwards.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { perRun } from "../../support/sampled-cases.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

beforeAll(() => setNoRateLimits());

const PARTS = 27;
/** The bytes of a merged message, at least. */
const LARGE = PARTS * 8_000;
/** A correct client pings after so many received characters. */
const PING_EACH = 1024 * 1024;

interface Storm {
  id: ConversationId;
  ann: SignedIn;
  bob: SignedIn;
  /** large messages */
  seqs: number[];
}

/** A group of two with large merged messages. */
async function storm(count: number): Promise<Storm> {
  const [ann, bob] = await signedInUsers(2);
  const id = await createGroupId(ann, bob);
  const items = [];
  for (const _ of range(1, PARTS))
    items.push({ conversation_id: id, seq: await postText(id, ann, "x".repeat(8_000)) });
  const seqs = [];
  for (const _ of range(1, count)) seqs.push((await expectPosted(ann, id, mergedDraft(items))).seq);
  return { id, ann, bob, seqs };
}

/** The characters that a socket has received of changed messages. */
function changedBytes(socket: TestSocket): number {
  return socket.of("changed").reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);
}

/** Pings after every MiB, as the guide says. */
async function pingWhileOpen(socket: TestSocket): Promise<void> {
  let pingedAt = 0;
  await socket.until(({ isOpen, received }) => {
    if (isOpen && received - pingedAt > PING_EACH) {
      socket.send("ping");
      pingedAt = received;
    }
    return !isOpen;
  });
}

const Changed = z.looseObject({ items: z.array(z.looseObject({ seq: z.int(), rev: z.int() })) });

/** The newest rev of each message that a socket was told of. */
function toldRevs(socket: TestSocket): Map<number, number> {
  const items = socket.of("changed").flatMap((frame) => Changed.parse(frame).items);
  return new Map(items.map(({ seq, rev }) => [seq, rev]));
}

test("what one member changes is announced in so many bytes a second, whatever they do to hurry it", async () => {
  // Longer than the test: what is announced first is never paid.
  overrideTiming({ changes: { bytesPerS: 1 } });
  const { id, ann, bob, seqs } = await storm(5);
  const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
  device.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await device.until(({ frames }) => frames.at(-1)?.type === "synced");
  const statuses: number[] = [];
  for (const round of range(1, 4)) {
    for (const seq of seqs) {
      const { status } = await ask(ann, id, "PUT", `/messages/${seq}/reactions/:k${round}:`);
      statuses.push(status);
    }
    // Each of these shows its caller what waits.
    const other = await openRoom(id, ann.token, `?after=${seqs.at(-1)}&rev=0`);
    await other.until(({ frames }) => frames.at(-1)?.type === "synced");
    other.close();
    await deleteMessage(ann, id, await postText(id, ann, "hidden"), "me");
    await deleteMessage(ann, id, await postText(id, ann, "revoked"), "everyone");
  }
  await room.untilProcessed();
  await device.untilProcessed(id);
  // The first change alone: 512 KiB of the others wait, more of one member do not.
  for (const socket of [room, device]) {
    expect(changedBytes(socket)).toBeGreaterThan(LARGE);
    expect(changedBytes(socket)).toBeLessThan(2 * LARGE);
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  // What waits is a part of every answer, and of nobody's else.
  const shown = await getMessage(bob, id, itemAt(seqs, 1));
  expect(shown.reactions?.length).toBeGreaterThan(0);
  const text = await postText(id, bob, "mine");
  expect((await ask(bob, id, "PUT", `/messages/${text}/reactions/:ok:`)).status).toBe(200);
  room.close();
  device.close();
});

test("a storm of reactions to large messages throws nobody off, and all are told its end", async () => {
  overrideTiming({ changes: { bytesPerS: 8 * 1024 * 1024 } });
  const { id, ann, bob, seqs } = await storm(perRun(6, 20));
  const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
  device.send({ type: "sync", conversation_id: id, after: seqs.at(-1), rev: 0 });
  await device.until(({ frames }) => frames.at(-1)?.type === "synced");
  const pings = [pingWhileOpen(room), pingWhileOpen(device)].map((done) => done.catch(() => undefined));
  for (const round of range(1, 3))
    for (const seq of seqs) {
      const path = `/messages/${seq}/reactions/:k:`;
      const toggle = () => ask(ann, id, round % 2 === 1 ? "PUT" : "DELETE", path);
      await expect.poll(async () => (await toggle()).status, { timeout: 20_000 }).toBe(200);
    }
  const revs = new Map<number, number>();
  for (const seq of seqs) revs.set(seq, (await getMessage(ann, id, seq)).rev);
  for (const socket of [room, device])
    await socket.until(() => seqs.every((seq) => toldRevs(socket).get(seq) === revs.get(seq)));
  expect([room.isOpen, device.isOpen]).toEqual([true, true]);
  room.close();
  device.close();
  await Promise.all(pings);
});

test("a revoke waits for the changes before it, and is told after them", async () => {
  overrideTiming({ changes: { bytesPerS: 256 * 1024 } });
  const { id, ann, bob, seqs } = await storm(2);
  const text = await postText(id, ann, "gone soon");
  const room = await openRoom(id, bob.token);
  for (const seq of seqs) await expectAsked(ann, id, "PUT", `/messages/${seq}/reactions/:k:`);
  await deleteMessage(ann, id, text, "everyone");
  await room.next("revoked");
  const told = [...toldRevs(room).keys()];
  expect(told).toEqual([...seqs, text]);
  room.close();
});

test("clients that take parts are told of all reactions to large messages, in few bytes", async () => {
  const { id, ann, bob, seqs } = await storm(10);
  const room = await openRoom(id, bob.token, "?changes=parts");
  const device = acceptSocket(await upgrade(`${DEVICE_PATH}?changes=parts`, bob.token));
  device.send({ type: "sync", conversation_id: id, after: seqs.at(-1), rev: 0 });
  await device.until(({ frames }) => frames.at(-1)?.type === "synced");
  const before = device.received;
  // The conversation learns from the first answer of the inbox what the devices take.
  const first = await postText(id, ann, "hello");
  await device.until((socket) => socket.seqs.includes(first));
  for (const seq of seqs) await expectAsked(ann, id, "PUT", `/messages/${seq}/reactions/:k:`);
  for (const socket of [room, device])
    await socket.until(() => seqs.every((seq) => toldRevs(socket).has(seq)));
  expect(room.received).toBeLessThan(LARGE / 4);
  expect(device.received - before).toBeLessThan(LARGE / 4);
  room.close();
  device.close();
});
