import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { register, type SignedIn } from "../../../support/clients/api.ts";
import { listedConversation, openDirect, page, send, sendAll } from "../../../support/clients/chat.ts";
import {
  eventsOf,
  framesAbout,
  seqsKnownTo,
  untilAcked,
  untilFrame,
} from "../../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { itemAt, range, signInAgain, textFrame } from "../../../support/objects/room.ts";
import { runOptions } from "../../../support/property-runs.ts";
import { setNoRateLimits } from "../../../support/settings.ts";

// The users of a long run load more pages than are allowed in a minute.
beforeAll(setNoRateLimits);

const MESSAGES = 500;

const step = fc.record({
  /** index among Ann's three devices and Bob's two */
  device: fc.nat(4),
  way: fc.constantFrom("single", "single", "several", "http", "room"),
  count: fc.integer({ min: 2, max: 20 }),
  /** waits until all earlier sends are answered */
  waits: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One of a user's devices, with a room socket beside it. */
interface Device {
  who: SignedIn;
  socket: TestSocket;
  room: TestSocket;
  /** texts sent on the device socket, in order */
  sentTexts: string[];
  /** the number of messages sent on the room socket */
  sentInRoom: number;
}

/** The texts or client_msg_ids by seq that a device has received as messages or acks. */
function receivedBySeq(device: Device, id: number): Map<number, string> {
  return new Map(
    framesAbout(device.socket, id).flatMap((frame): [number, string][] => {
      const seq = Number(frame.seq);
      if (frame.type === "ack") return [[seq, String(frame.client_msg_id)]];
      return frame.type === "message" ? [[seq, String(Reflect.get(Object(frame.body), "text"))]] : [];
    }),
  );
}

/** The seqs that were acknowledged to a device before it had all older messages. */
function earlyAcks(device: Device, id: number, before: number): number[] {
  const receivedSeqs = new Set(range(0, before));
  let all = before;
  return framesAbout(device.socket, id).flatMap(({ type, seq }) => {
    if (type !== "message" && type !== "ack") return [];
    receivedSeqs.add(Number(seq));
    while (receivedSeqs.has(all + 1)) all++;
    return type === "ack" && Number(seq) > all ? [Number(seq)] : [];
  });
}

/** The number of unread messages by the contract: those after the read position, without system messages. */
async function countUnread(who: SignedIn, id: number, readSeq: number): Promise<number> {
  const items = await history(who, id);
  return items.filter(({ seq, kind }) => seq > readSeq && kind !== "tip").length;
}

async function history(who: SignedIn, id: number) {
  const items = [];
  for (let more = true; more; ) {
    const found = await page(who, id, `?limit=100&after=${items.at(-1)?.seq ?? 0}`);
    items.push(...found.items);
    more = found.has_more;
  }
  return items;
}

test("five devices of two users that send 500 messages in all ways show the same messages, each once", async () => {
  const [ann, bob] = [await register(), await register()];
  const people = [ann, await signInAgain(ann), await signInAgain(ann), bob, await signInAgain(bob)];
  const steps = fc.array(step, { minLength: MESSAGES, maxLength: MESSAGES });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { id, last_seq: before } = await openDirect(ann, bob);
      const devices: Device[] = [];
      for (const who of people) {
        const [socket, room] = [await openDevice(who.token), await openRoom(id, who.token)];
        devices.push({ who, socket, room, sentTexts: [], sentInRoom: 0 });
      }
      const texts = await runPlan(id, before, devices, plan);
      const items = await history(ann, id);
      const all = new Map(
        items.slice(before).map(({ seq, body }) => [seq, String(Reflect.get(body, "text"))]),
      );
      expect([...all.keys()]).toEqual(range(before + 1, before + MESSAGES));
      expect([...all.values()].toSorted()).toEqual(texts.toSorted());
      for (const [i, device] of devices.entries()) {
        await device.socket.until(() => seqsKnownTo(device.socket, id).length >= MESSAGES);
        const receivedSeqs = seqsKnownTo(device.socket, id);
        expect(
          receivedSeqs.toSorted((a, b) => a - b),
          `device ${i}`,
        ).toEqual([...all.keys()]);
        expect(receivedBySeq(device, id), `device ${i}`).toEqual(all);
        // Live messages come in order, an ack follows all older messages, and the sends of one device keep
        // their order.
        expect(device.socket.seqs).toEqual(device.socket.seqs.toSorted((a, b) => a - b));
        expect(earlyAcks(device, id, before), `device ${i}: acks before older messages`).toEqual([]);
        expect([...all.values()].filter((content) => device.sentTexts.includes(content))).toEqual(
          device.sentTexts,
        );
      }
      for (const who of [ann, bob]) await expectReadsOnAllDevices(who, who === ann ? bob : ann, id, devices);
      for (const { socket, room } of devices) for (const each of [socket, room]) each.close();
    }),
    { ...runOptions(1), endOnFailure: true },
  );
});

/** Sends messages by the plan. @returns all texts, once their sends are answered */
async function runPlan(id: number, before: number, devices: Device[], plan: Step[]): Promise<string[]> {
  const texts: string[] = [];
  let posts: Promise<unknown>[] = [];
  const allAnswered = async () => {
    for (const { socket, room, sentTexts, sentInRoom } of devices) {
      await untilAcked(socket, sentTexts.length);
      await untilAcked(room, sentInRoom);
    }
    await Promise.all(posts);
    posts = [];
  };
  for (const { device: i, way, count, waits } of plan) {
    if (texts.length === MESSAGES) break;
    const device = itemAt(devices, i);
    const many = way === "several" ? Math.min(count, MESSAGES - texts.length) : 1;
    const sentTexts = range(1, many).map((n) => `${before + texts.length + n} ${way} ${i}`);
    texts.push(...sentTexts);
    const items = sentTexts.map((content) => ({ ...textFrame(content, content), conversation_id: id }));
    if (way === "http") posts.push(...sentTexts.map((content) => send(device.who, id, content)));
    else if (way === "room") {
      device.room.send(items[0]);
      device.sentInRoom++;
    } else {
      device.socket.send(way === "single" ? items[0] : { type: "sends", items });
      device.sentTexts.push(...sentTexts);
    }
    if (waits) await allAnswered();
  }
  await allAnswered();
  return texts;
}

/**
 * Expects unread counts to match the history, and a read on one device to reach the user's other devices and
 * the peer's.
 */
async function expectReadsOnAllDevices(
  who: SignedIn,
  peer: SignedIn,
  id: number,
  devices: Device[],
): Promise<void> {
  const check = async () => {
    const { read_seq, unread_count } = await listedConversation(who, id);
    expect(unread_count).toBe(await countUnread(who, id, read_seq));
    return { read_seq, unread_count };
  };
  await check();
  const sentTexts = await sendAll(peer, id, range(1, 5).map(String));
  const seqs = sentTexts.map(({ seq }) => seq);
  expect((await check()).unread_count).toBeGreaterThanOrEqual(5);
  const own = devices.filter((device) => device.who.user.id === who.user.id);
  for (const [i, reader] of own.entries()) {
    const seq = itemAt(seqs, i);
    reader.socket.send({ type: "read", conversation_id: id, seq });
    for (const { socket } of devices) {
      if (socket !== reader.socket) await untilFrame(socket, { type: "read", user_id: who.user.id, seq });
    }
    expect(await check()).toEqual({ read_seq: seq, unread_count: 4 - i });
    await reader.socket.untilProcessed(id);
    expect(eventsOf(reader.socket, id, "read")).not.toContainEqual({
      type: "read",
      user_id: who.user.id,
      seq,
    });
  }
}
