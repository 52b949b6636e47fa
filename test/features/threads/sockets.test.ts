import { evictDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, page, send } from "../../support/clients/chat.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { withoutOwnPart } from "../../support/clients/shapes.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// Short pauses, as an object with a pending timer is not evicted.
beforeAll(() =>
  setTiming({
    fanout: { cooldownMs: 10 },
    deviceFeed: { holdMs: 10 },
    indexing: { idleMs: 1 },
    roomSockets: { perUser: 100 },
  }),
);

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

const aside = (root: number, text: string) => ({
  ...{ kind: "text", body: { text }, thread: { root, also_in_main: false } },
});

const KINDS: [string, (query: string) => string][] = [
  ["the room socket", (query) => roomPath(id, query)],
  ["the device socket", (query) => `${DEVICE_PATH}${query}`],
];

async function open(path: string, who = bob): Promise<TestSocket> {
  const socket = acceptSocket(await upgrade(path, who.token));
  await socket.next("ready");
  return socket;
}

/** Syncs page by page. @returns the seq at which the client ends */
async function sync(socket: TestSocket, after: number): Promise<number> {
  for (let from = { after, rev: 0 }; ; ) {
    socket.send({ type: "sync", conversation_id: id, ...from });
    const synced = Synced.parse(await socket.next("synced"));
    if (!synced.has_more) return synced.last_seq;
    from = { after: synced.last_seq, rev: synced.rev };
  }
}
const Synced = z.looseObject({ last_seq: z.int(), rev: z.int(), has_more: z.boolean() });

const loaded = async (query: string) =>
  (await page(bob, id, `?limit=100${query}`)).items.map(({ seq }) => seq);

/** The seqs of the messages of whose revoke a socket was told. */
function revokedOn(socket: TestSocket): number[] {
  return socket.of("revoked").map((frame) => Revoked.parse(frame).seq);
}
const Revoked = z.looseObject({ seq: z.int() });

describe.each(KINDS)("on %s", (_, pathOf) => {
  test("the revoke of a thread-only reply is told to those who are shown it, live and later", async () => {
    id = await createGroupId(ann, bob);
    await send(ann, id, "root");
    await send(ann, id, aside(1, "aside"));
    await send(ann, id, "last");
    const queries = ["", "?changes=0", "?threads=all", "?threads=all&changes=0"];
    const told = ["", "?changes=0"]
      .map(() => [3])
      .concat([
        [2, 3],
        [2, 3],
      ]);
    const live = await Promise.all(queries.map((query) => open(pathOf(query))));
    // A page makes the socket live, also where the opening does not.
    for (const socket of live) await sync(socket, 3);
    for (const seq of [2, 3]) await deleteMessage(ann, id, seq, "everyone");
    for (const socket of live) await socket.until(() => revokedOn(socket).includes(3));
    expect(live.map(revokedOn)).toEqual(told);
    const later = await Promise.all(queries.map((query) => open(pathOf(query))));
    for (const socket of later) await sync(socket, 3);
    expect(later.map(revokedOn)).toEqual(told);
  });

  test("the revoke of a root that a reply changes afterwards is told once, over several pages", async () => {
    id = await createGroupId(ann, bob);
    const sender = await openRoom(id, ann.token);
    // More revokes than a page holds: the first page ends between the revoke of the root and its last change.
    const seqs = range(1, 202);
    for (const seq of seqs) sender.send(textFrame(`message ${seq}`));
    await sender.until(({ acks }) => acks.length === seqs.length);
    await send(ann, id, { ...textFrame("reply"), thread: { root: 1 } });
    for (const seq of seqs) await deleteMessage(ann, id, seq, "everyone");
    await send(ann, id, { ...textFrame("a later reply"), thread: { root: 1 } });
    const socket = await open(pathOf("?changes=0"));
    await sync(socket, 203);
    expect(revokedOn(socket)).toEqual(seqs);
    for (const one of [sender, socket]) one.close();
  });

  beforeAll(async () => {
    id = await createGroupId(ann, bob);
  });

  test("a thread-only reply is live on sockets that show threads, and on no other", async () => {
    const root = await send(ann, id, "root");
    const plain = await open(pathOf(""));
    const all = await open(pathOf("?threads=all"));
    // A device without a sync position is shown what comes after it was opened.
    for (const socket of [plain, all]) await sync(socket, root.seq);
    const reply = await send(ann, id, aside(root.seq, "aside"));
    const also = await send(ann, id, { ...textFrame("also"), thread: { root: root.seq } });
    for (const socket of [plain, all]) await socket.until(({ seqs }) => seqs.includes(also.seq));
    expect(plain.seqs).toEqual([also.seq]);
    expect(all.seqs).toEqual([reply.seq, also.seq]);
    expect(all.messages[0]).toEqual(withoutOwnPart(reply));
    expect(plain.messages[0]).toEqual(withoutOwnPart(also));
    for (const socket of [plain, all]) socket.close();
  });

  test.each(["", "?threads=all"])("replay with '%s' ends where a load ends, and goes on", async (query) => {
    id = await createGroupId(ann, bob);
    const root = (await send(ann, id, "root")).seq;
    // More thread-only replies than two pages hold, then one message of the main stream.
    const sender = await openRoom(id, ann.token, "?threads=all");
    for (let i = 0; i < 4; i++)
      sender.send({ type: "sends", items: range(1, 60).map(() => aside(root, "aside")) });
    await sender.until(({ acks }) => acks.length === 240);
    sender.close();
    const last = await send(ann, id, "last");
    const socket = await open(pathOf(query));
    expect(await sync(socket, root)).toBe(last.seq);
    expect(socket.seqs).toEqual(query === "" ? [last.seq] : range(root + 1, last.seq));
    // The mode of a socket survives a hibernation.
    await evictDurableObject(conversationObject(id));
    await evictDurableObject(inboxObject(bob.user.id));
    const reply = await send(ann, id, aside(root, "live"));
    const after = await send(ann, id, "after");
    await socket.until(({ seqs }) => seqs.includes(after.seq));
    expect(socket.seqs.includes(reply.seq)).toBe(query !== "");
    expect(new Set(socket.seqs).size).toBe(socket.seqs.length);
    const newest = await loaded(query.replace("?", "&"));
    expect(socket.seqs.slice(-newest.length + 1)).toEqual(newest.slice(1));
    socket.close();
  });

  test("a send into a thread is acknowledged in order, and refused by itself", async () => {
    const root = await send(ann, id, "root");
    const socket = await open(pathOf("?threads=all&echo=message"));
    await sync(socket, root.seq);
    const drafts = [
      { ...aside(root.seq, "one"), client_msg_id: crypto.randomUUID() },
      { ...aside(99_999, "lost"), client_msg_id: crypto.randomUUID() },
      { ...textFrame("two", crypto.randomUUID()), thread: { root: root.seq } },
    ];
    socket.send({ type: "sends", items: drafts.map((draft) => ({ conversation_id: id, ...draft })) });
    await socket.until(
      ({ acks, frames }) => acks.length === 2 && frames.some(({ type }) => type === "error"),
    );
    expect(socket.of("error")[0]).toMatchObject({
      code: "not_found",
      client_msg_id: drafts[1]?.client_msg_id,
    });
    expect(socket.acks.map(({ seq }) => seq)).toEqual([root.seq + 1, root.seq + 2]);
    expect(socket.acks[0]).toMatchObject({
      message: { thread: { root: root.seq, also_in_main: false } },
    });
    socket.close();
  });
});

test("devices of one user with different modes are each sent what they show, once", async () => {
  id = await createGroupId(ann, bob);
  const [plain, all] = [await open(DEVICE_PATH), await open(`${DEVICE_PATH}?threads=all`)];
  const own = await open(DEVICE_PATH, ann);
  const root = await send(ann, id, "root");
  for (const socket of [plain, all, own]) await socket.until(({ seqs }) => seqs.includes(root.seq));
  // The sender's own device does not show threads, and gets the ack.
  own.send({ type: "send", conversation_id: id, ...aside(root.seq, "aside") });
  await own.next("ack");
  const last = await send(ann, id, "last");
  for (const socket of [plain, all, own]) await socket.until(({ seqs }) => seqs.includes(last.seq));
  expect(seqsKnownTo(plain, id)).toEqual([1, 3]);
  expect(seqsKnownTo(all, id)).toEqual([1, 2, 3]);
  expect(seqsKnownTo(own, id)).toEqual([1, 2, 3]);
});

test("a room socket that syncs without a rev is told what its own waiting reply changes", async () => {
  id = await createGroupId(ann, bob);
  const root = await send(ann, id, "root");
  const socket = await openRoom(id, bob.token);
  // The first message is committed at once, and the reply waits for the next turn.
  socket.send(textFrame("first"));
  socket.send({ ...textFrame("reply"), thread: { root: root.seq } });
  socket.send({ type: "sync", after: root.seq });
  await socket.next("synced");
  await socket.untilProcessed();
  expect(socket.of("changed")).toMatchObject([{ items: [{ seq: root.seq }] }]);
  socket.close();
});
