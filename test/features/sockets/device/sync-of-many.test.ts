import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { ask } from "../../../support/clients/chat.ts";
import { seqsKnownTo, untilFrame } from "../../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../../support/clients/socket.ts";
import { HeldCalls } from "../../../support/faults/calls.ts";
import { runJobs } from "../../../support/objects/assert-consistent.ts";
import { createGroupId, itemAt, postText, range } from "../../../support/objects/room.ts";
import { overrideTiming } from "../../../support/timing.ts";

const CONVERSATIONS = 30;
/** The conversations in which messages arrive while the sync runs. */
const BUSY = 10;
/** The syncs of a user that run at once. */
const SLOTS = 16;

let ann: SignedIn;
let lin: SignedIn;
const ids: ConversationId[] = [];

beforeAll(async () => {
  [ann, lin] = await registerUsers(2);
  for (const _ of range(1, CONVERSATIONS)) {
    const id = await createGroupId(ann, lin);
    await postText(id, ann, "before");
    ids.push(id);
  }
});

function sync(socket: TestSocket, conversations: readonly ConversationId[]): void {
  const items = conversations.map((conversation_id) => ({ conversation_id, after: 0, rev: 0 }));
  socket.send({ type: "sync", items });
}

async function untilSynced(socket: TestSocket, count: number): Promise<void> {
  await socket.until(() => socket.of("synced").filter(({ has_more }) => has_more === false).length >= count);
}

/** Posts in conversations, and resolves once the inbox has taken each message. @returns the seqs, by id */
async function postIn(conversations: readonly ConversationId[], live: TestSocket) {
  const seqs = new Map<ConversationId, number>();
  for (const id of conversations) {
    const seq = await postText(id, ann, "meanwhile");
    seqs.set(id, seq);
    await untilFrame(live, { type: "message", conversation_id: id, seq });
  }
  return seqs;
}

function expectOnce(socket: TestSocket, seqs: ReadonlyMap<ConversationId, number>): void {
  const shown = [...seqs.keys()].map((id) => [id, seqsKnownTo(socket, id)]);
  expect(shown).toEqual([...seqs].map(([id, last]) => [id, range(1, last)]));
}

test("a device that syncs 30 conversations is shown nothing twice, wherever messages arrive meanwhile", async () => {
  const live = await openDevice(lin.token);
  await live.untilProcessed(ids[0]);
  const device = await openDevice(lin.token);
  const held = new HeldCalls(({ method }) => method === "replay");
  let seqs: Map<ConversationId, number>;
  try {
    sync(device, ids);
    await held.arrived(SLOTS);
    seqs = await postIn(ids.slice(-BUSY), live);
  } finally {
    held[Symbol.dispose]();
  }
  await untilSynced(device, CONVERSATIONS);
  expectOnce(device, seqs);
  // Each conversation is live now.
  const later = await postIn(ids.slice(-BUSY), live);
  for (const [id, seq] of later) await untilFrame(device, { type: "message", conversation_id: id, seq });
  expectOnce(device, later);
  for (const socket of [live, device]) socket.close();
});

test("a device whose sync waits for those of another device is shown nothing twice", async () => {
  const live = await openDevice(lin.token);
  await live.untilProcessed(ids[0]);
  const [phone, tablet] = [await openDevice(lin.token), await openDevice(lin.token)];
  const last = ids.slice(-1);
  const held = new HeldCalls(({ method }) => method === "replay");
  let seqs: Map<ConversationId, number>;
  try {
    sync(phone, ids.slice(0, SLOTS));
    await held.arrived(SLOTS);
    sync(tablet, last);
    await tablet.untilProcessed(ids[SLOTS]);
    seqs = await postIn(last, live);
  } finally {
    held[Symbol.dispose]();
  }
  await Promise.all([untilSynced(phone, SLOTS), untilSynced(tablet, 1)]);
  expectOnce(tablet, seqs);
  for (const socket of [live, phone, tablet]) socket.close();
});

test("a device whose sync is refused after a wait, as its user has left, is live once they are back", async () => {
  const live = await openDevice(lin.token);
  await live.untilProcessed(ids[0]);
  const device = await openDevice(lin.token);
  const left = itemAt(ids, CONVERSATIONS - 1);
  const held = new HeldCalls(({ method, id }) => method === "replay" && id !== left);
  try {
    sync(device, ids);
    await held.arrived(SLOTS);
    await postIn([left], live);
    const { status } = await ask(lin, left, "POST", "/leave");
    expect(status).toBe(204);
    await untilFrame(live, { type: "member", conversation_id: left, event: "left" });
  } finally {
    held[Symbol.dispose]();
  }
  await untilSynced(device, CONVERSATIONS - 1);
  await untilFrame(device, { type: "error", code: "not_found", conversation_id: left });
  const added = await ask(ann, left, "POST", "/members", { user_ids: [lin.user.id] });
  expect(added.status).toBe(200);
  const seq = await postText(left, ann, "back");
  await untilFrame(device, { type: "message", conversation_id: left, seq });
  const known = seqsKnownTo(device, left);
  expect(known).toEqual([...new Set(known)]);
  for (const socket of [live, device]) socket.close();
});

test("a message that is being fetched comes once, if the client's second frame syncs its conversation", async () => {
  overrideTiming({ deviceFeed: { holdMs: 20_000 } });
  const [first, second] = [await createGroupId(ann, lin), await createGroupId(ann, lin)];
  await postText(second, ann, "before");
  await runJobs(second);
  const device = await openDevice(lin.token);
  await postText(second, ann, "while it waits for the first frame");
  await runJobs(second);
  {
    using held = new HeldCalls(({ method, id }) => method === "replay" && id === second);
    sync(device, [first]);
    await held.arrived();
    sync(device, [second]);
    // The inbox has taken the frame before this one.
    await device.untilProcessed(first);
  }
  await untilSynced(device, 2);
  await device.untilProcessed(second);
  expect(seqsKnownTo(device, second)).toEqual([1, 2]);
});
