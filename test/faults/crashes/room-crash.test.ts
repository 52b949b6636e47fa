import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getConversation } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { openRoom } from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  itemAt,
  postText,
  range,
  runInboxJob,
  textFrame,
  untilShownOnline,
} from "../../support/objects/room.ts";
import { repetitions, sampledCases } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  bob = itemAt(registered, 1);
});

/** The seqs and client_msg_ids of the stored messages, in order. */
async function stored(id: ConversationId): Promise<{ seq: number; name: string | null }[]> {
  const Row = z.object({ seq: z.int(), name: z.string().nullable() });
  const query = "SELECT seq, client_msg_id AS name FROM messages ORDER BY seq";
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    z.array(Row).parse(storage.sql.exec(query).toArray()),
  );
}

/** Devices on the room socket: two that send, and one that reads. */
async function devicesOf(id: ConversationId): Promise<[Device, Device, Device]> {
  const devices = [ann, bob, bob].map((who, nth) => new Device(who, nth, { room: id }));
  for (const device of devices) await device.connect();
  return [itemAt(devices, 0), itemAt(devices, 1), itemAt(devices, 2)];
}

let texts = 0;

/** Sends messages, each in a frame of its own. */
function say(id: ConversationId, device: Device, count: number): void {
  const drafts = range(1, count).map(() => ({
    conversationId: id,
    clientMsgId: `id ${++texts}`,
    text: `${texts}`,
  }));
  device.sendDrafts(drafts);
}

const answered = (device: Device) => device.until(() => device.pending.length === 0);

/** Asserts that each message is stored once, where its acks say, and that the reader shows each once. */
async function expectStoredOnce(id: ConversationId, count: number, devices: Device[]): Promise<void> {
  const rows = await stored(id);
  expect(rows.map(({ seq }) => seq)).toEqual(range(1, count));
  const seqByName = new Map(rows.map(({ seq, name }) => [name, seq]));
  expect(seqByName.size).toBe(count);
  for (const answer of devices.flatMap(({ answers }) => answers))
    expect(answer).toMatchObject({ seq: seqByName.get(answer.draft.clientMsgId) });
  for (const device of devices) {
    await device.until(() => device.displayed(id).messages.length === count);
    expect(device.displayed(id).messages.map(({ seq }) => seq)).toEqual(range(1, count));
  }
}

test("acknowledged messages survive crashes, and repeated sends are stored once", async () => {
  const id = await createGroupId(ann, bob);
  const [anns, bobs, reader] = await devicesOf(id);
  // The crash comes right behind the sends, after the first ack of one sender, or after that of both.
  const rounds = [[], [anns], [anns, bobs], [], [anns], [anns, bobs]];
  for (const awaited of rounds) {
    const before = [anns, bobs].map(({ answers }) => answers.length);
    for (const device of [anns, bobs]) say(id, device, 10);
    for (const [i, device] of awaited.entries())
      await device.until(() => device.answers.length > itemAt(before, i));
    await abortAllDurableObjects();
    for (const device of [anns, bobs, reader]) {
      // It notices that it was cut off.
      await device.until(() => false);
      await device.connect();
    }
  }
  for (const device of [anns, bobs]) await answered(device);
  await expectStoredOnce(id, rounds.length * 20, [anns, bobs, reader]);
});

test("sends around an eviction are stored once and reach every client", async () => {
  const id = await createGroupId(ann, bob);
  const [anns, bobs, reader] = await devicesOf(id);
  const rounds = range(1, repetitions(3, 6));
  for (const round of rounds) {
    for (const device of [anns, bobs]) say(id, device, round * 3);
    for (const device of [anns, bobs]) await answered(device);
    await evictDurableObject(conversationObject(id));
  }
  const count = rounds.reduce((sum, round) => sum + 6 * round, 0);
  await expectStoredOnce(id, count, [anns, bobs, reader]);
});

test.each(sampledCases([61, 62, 63, 64], 1))(
  "after a crash senders have read up to their messages, with %i before somebody joins",
  async (before) => {
    const [cay = ann] = await registerUsers(1);
    const id = await createGroupId(ann, bob);
    for (const i of range(1, before)) await postText(id, i % 2 ? ann : bob, `${i}`);
    await expectAsked(ann, id, "POST", "/members", { user_ids: [cay.user.id] });
    await postText(id, bob, "welcome");
    const receipts = async () => (await expectAsked(ann, id, "GET", "/receipts")).body;
    const known = await receipts();
    await abortAllDurableObjects();
    expect(await receipts()).toEqual(known);
    expect(await getConversation(bob, id)).toMatchObject({ unread_count: 0, read_seq: before + 2 });
    expect(await getConversation(ann, id)).toMatchObject({ unread_count: before % 2 ? 1 : 2 });
  },
);

test("sockets that a crash closes do not keep their user online", async () => {
  const [eve = ann] = await registerUsers(1);
  const id = await createGroupId(eve, ann);
  await openRoom(id, eve.token);
  await untilShownOnline(eve, true);
  await abortAllDurableObjects();
  await runInboxJob(eve, "sockets");
  await runInboxJob(eve, "offline");
  await untilShownOnline(eve, false);
});

test("a server error closes the socket with 1011, and a new socket resumes", async () => {
  const id = await createGroupId(ann, bob);
  await postText(id, bob, "one");
  const [anns, bobs] = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  const rename = (from: string, to: string) =>
    runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
    });
  await rename("members", "elsewhere");
  anns.send({ type: "read", seq: 1 });
  expect((await anns.closed()).code).toBe(1011);
  await rename("elsewhere", "members");
  const back = await openRoom(id, ann.token, "?after=0");
  await back.next("synced");
  expect(back.seqs).toEqual([1]);
  await bobs.untilProcessed();
});

test("without ?after live messages follow last_seq of the ready frame", async () => {
  const id = await createGroupId(ann, bob);
  const sender = await openRoom(id, ann.token);
  for (const round of range(1, repetitions(2, 6))) {
    for (const i of range(1, 20)) sender.send(textFrame("x", `${round} ${i}`));
    const reader = await openRoom(id, bob.token);
    const { last_seq } = z.object({ last_seq: z.int() }).parse(reader.frames[0]);
    await sender.until(({ acks }) => acks.length === round * 20);
    const last = await postText(id, ann, "end");
    await reader.until(({ seqs }) => seqs.includes(last));
    expect(reader.seqs).toEqual(range(last_seq + 1, last));
  }
});
