import fc from "fast-check";
import { expect, test } from "vitest";
import { register, type SignedIn } from "../../../support/clients/api.ts";
import { listed, openDirect, page, send, sendAll } from "../../../support/clients/chat.ts";
import { acked, eventsOf, framesAbout, hears, seqsKnownTo } from "../../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { anotherDevice, at, range, text } from "../../../support/objects/room.ts";
import { runs } from "../../../support/property-runs.ts";

const MESSAGES = 500;

const step = fc.record({
  /** of Ann's three devices and Bob's two */
  device: fc.nat(4),
  way: fc.constantFrom("single", "single", "several", "http", "room"),
  count: fc.integer({ min: 2, max: 20 }),
  /** waits until all that was said so far is answered */
  waits: fc.boolean(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One of a person's devices, with a room socket beside it. */
interface Device {
  who: SignedIn;
  socket: TestSocket;
  room: TestSocket;
  /** what it has said on its own socket, in order */
  said: string[];
  /** how much it has said in the room */
  saidInRoom: number;
}

/** A message, or an own one that was acknowledged, as a device has it. */
function shown(device: Device, id: number): Map<number, string> {
  return new Map(
    framesAbout(device.socket, id).flatMap((frame): [number, string][] => {
      const seq = Number(frame.seq);
      if (frame.type === "ack") return [[seq, String(frame.client_msg_id)]];
      return frame.type === "message" ? [[seq, String(Reflect.get(Object(frame.body), "text"))]] : [];
    }),
  );
}

/** The seqs that were acknowledged to a device before it had all that is older. */
function early(device: Device, id: number, before: number): number[] {
  const known = new Set(range(0, before));
  let all = before;
  return framesAbout(device.socket, id).flatMap(({ type, seq }) => {
    if (type !== "message" && type !== "ack") return [];
    known.add(Number(seq));
    while (known.has(all + 1)) all++;
    return type === "ack" && Number(seq) > all ? [Number(seq)] : [];
  });
}

/** The messages that a user has not read, as the contract counts them: those behind his position that are no tips. */
async function unread(who: SignedIn, id: number, readSeq: number): Promise<number> {
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

test("three devices of one and two of the other say 500 messages in all ways, and all show the same, each once", async () => {
  const [ann, bob] = [await register(), await register()];
  const people = [ann, await anotherDevice(ann), await anotherDevice(ann), bob, await anotherDevice(bob)];
  const steps = fc.array(step, { minLength: MESSAGES, maxLength: MESSAGES });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { id, last_seq: before } = await openDirect(ann, bob);
      const devices: Device[] = [];
      for (const who of people) {
        const [socket, room] = [await openDevice(who.token), await openRoom(id, who.token)];
        devices.push({ who, socket, room, said: [], saidInRoom: 0 });
      }
      const texts = await talk(id, before, devices, plan);
      const items = await history(ann, id);
      const all = new Map(
        items.slice(before).map(({ seq, body }) => [seq, String(Reflect.get(body, "text"))]),
      );
      expect([...all.keys()]).toEqual(range(before + 1, before + MESSAGES));
      expect([...all.values()].toSorted()).toEqual(texts.toSorted());
      for (const [i, device] of devices.entries()) {
        await device.socket.until(() => seqsKnownTo(device.socket, id).length >= MESSAGES);
        const known = seqsKnownTo(device.socket, id);
        expect(
          known.toSorted((a, b) => a - b),
          `device ${i}`,
        ).toEqual([...all.keys()]);
        expect(shown(device, id), `device ${i}`).toEqual(all);
        // Live ones come in order, an ack behind all that is older, and what one device said stays in its order.
        expect(device.socket.seqs).toEqual(device.socket.seqs.toSorted((a, b) => a - b));
        expect(early(device, id, before), `what device ${i} was acknowledged too early`).toEqual([]);
        expect([...all.values()].filter((content) => device.said.includes(content))).toEqual(device.said);
      }
      for (const who of [ann, bob]) await readOn(who, who === ann ? bob : ann, id, devices);
      for (const { socket, room } of devices) for (const each of [socket, room]) each.close();
    }),
    { ...runs(1), endOnFailure: true },
  );
});

/** Says what is planned. @returns all that was said, once it is answered */
async function talk(id: number, before: number, devices: Device[], plan: Step[]): Promise<string[]> {
  const texts: string[] = [];
  let posts: Promise<unknown>[] = [];
  const answered = async () => {
    for (const { socket, room, said, saidInRoom } of devices) {
      await acked(socket, said.length);
      await acked(room, saidInRoom);
    }
    await Promise.all(posts);
    posts = [];
  };
  for (const { device: i, way, count, waits } of plan) {
    if (texts.length === MESSAGES) break;
    const device = at(devices, i);
    const many = way === "several" ? Math.min(count, MESSAGES - texts.length) : 1;
    const said = range(1, many).map((n) => `${before + texts.length + n} ${way} ${i}`);
    texts.push(...said);
    const items = said.map((content) => ({ ...text(content, content), conversation_id: id }));
    if (way === "http") posts.push(...said.map((content) => send(device.who, id, content)));
    else if (way === "room") {
      device.room.send(items[0]);
      device.saidInRoom++;
    } else {
      device.socket.send(way === "single" ? items[0] : { type: "sends", items });
      device.said.push(...said);
    }
    if (waits) await answered();
  }
  await answered();
  return texts;
}

/** What is unread of one is what the history says; read on one device it is read on his others, and the other's know. */
async function readOn(who: SignedIn, other: SignedIn, id: number, devices: Device[]): Promise<void> {
  const check = async () => {
    const { read_seq, unread_count } = await listed(who, id);
    expect(unread_count).toBe(await unread(who, id, read_seq));
    return { read_seq, unread_count };
  };
  await check();
  const said = await sendAll(other, id, range(1, 5).map(String));
  const seqs = said.map(({ seq }) => seq);
  expect((await check()).unread_count).toBeGreaterThanOrEqual(5);
  const own = devices.filter((device) => device.who.user.id === who.user.id);
  for (const [i, reader] of own.entries()) {
    const seq = at(seqs, i);
    reader.socket.send({ type: "read", conversation_id: id, seq });
    for (const { socket } of devices) {
      if (socket !== reader.socket) await hears(socket, { type: "read", user_id: who.user.id, seq });
    }
    expect(await check()).toEqual({ read_seq: seq, unread_count: 4 - i });
    await reader.socket.settled(id);
    expect(eventsOf(reader.socket, id, "read")).not.toContainEqual({
      type: "read",
      user_id: who.user.id,
      seq,
    });
  }
}
