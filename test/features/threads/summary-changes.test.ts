import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  getConversation,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { withoutOwnPart } from "../../support/clients/shapes.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { aside, reply } from "../../support/clients/threads.ts";
import { createGroupId, range, textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(() =>
  setTiming({ fanout: { cooldownMs: 10 }, deviceFeed: { holdMs: 10 }, changes: { intervalMs: 10 } }),
);

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

const Item = z.looseObject({
  seq: z.int(),
  rev: z.int(),
  thread_summary: z.looseObject({ count: z.int(), last_seq: z.int() }).optional(),
});
const Changed = z.looseObject({ items: z.array(Item) });
const Changes = z.object({
  items: z.array(Item),
  hidden: z.array(z.int()),
  rev: z.int(),
  has_more: z.boolean(),
});

/** The changed messages that a socket was sent, in order. */
const changed = (socket: TestSocket) => socket.of("changed").flatMap((frame) => Changed.parse(frame).items);

async function changes(query: string) {
  const { status, body } = await ask(bob, id, "GET", `/changes?${query}`);
  expect(status).toBe(200);
  return Changes.parse(body);
}

const KINDS: [string, (query: string) => string][] = [
  ["the room socket", (query) => roomPath(id, query)],
  ["the device socket", (query) => `${DEVICE_PATH}${query}`],
];

async function open(path: string, who = bob): Promise<TestSocket> {
  const socket = acceptSocket(await upgrade(path, who.token));
  await socket.next("ready");
  return socket;
}

/** Syncs to the end. */
async function sync(socket: TestSocket, after: number, rev = 0): Promise<void> {
  socket.send({ type: "sync", conversation_id: id, after, rev });
  expect(await socket.next("synced")).toMatchObject({ has_more: false });
}

describe.each(KINDS)("on %s", (_, pathOf) => {
  test("a reply changes its root, live and in replay, whether or not threads are shown", async () => {
    id = await createGroupId(ann, bob);
    await send(ann, id, "root");
    const sockets = [await open(pathOf("")), await open(pathOf("?threads=all"))];
    for (const socket of sockets) await sync(socket, 1);
    for (let i = 0; i < 5; i++) await send(ann, id, aside(1));
    for (const socket of sockets) {
      await socket.until(() => changed(socket).at(-1)?.thread_summary?.count === 5);
      // Each state is told once.
      const revs = changed(socket).map(({ rev }) => rev);
      expect(revs).toEqual([...new Set(revs)].toSorted((one, other) => one - other));
      expect(changed(socket).every(({ seq }) => seq === 1)).toBe(true);
      socket.close();
    }
    const { items } = await page(bob, id);
    expect(items[0]).toMatchObject({ seq: 1, thread_summary: { count: 5, last_seq: 6 } });
    const late = await open(pathOf(""));
    await sync(late, 1);
    await late.until(() => changed(late).length > 0);
    expect(changed(late)).toEqual(items.slice(0, 1).map(withoutOwnPart));
    late.close();
  });

  test("a thread-only reply and its revoke are told to those who show threads, live and later", async () => {
    id = await createGroupId(ann, bob);
    await send(ann, id, "root");
    const queries = ["", "?changes=0", "?threads=all", "?threads=all&changes=0"];
    const told = [[3], [3], [2, 3], [2, 3]];
    const revoked = (socket: TestSocket) => socket.of("revoked").map(({ seq }) => seq);
    const live = await Promise.all(queries.map((query) => open(pathOf(query))));
    // A page makes the socket live, also where the opening does not.
    for (const socket of live) await sync(socket, 1);
    await send(ann, id, aside(1));
    await send(ann, id, reply(1));
    for (const socket of live) await socket.until(({ seqs }) => seqs.includes(3));
    expect(live.map(({ seqs }) => seqs)).toEqual(told);
    for (const seq of [2, 3]) await deleteMessage(ann, id, seq, "everyone");
    for (const socket of live) await socket.until(() => revoked(socket).includes(3));
    expect(live.map(revoked)).toEqual(told);
    const later = await Promise.all(queries.map((query) => open(pathOf(query))));
    for (const socket of later) await sync(socket, 3);
    expect(later.map(revoked)).toEqual(told);
    for (const socket of [...live, ...later]) socket.close();
  });

  test("a change of a thread-only reply is told to those who show threads", async () => {
    id = await createGroupId(ann, bob);
    await send(ann, id, "root");
    await send(ann, id, aside(1));
    const [plain, all] = [await open(pathOf("")), await open(pathOf("?threads=all"))];
    for (const socket of [plain, all]) await sync(socket, 2, (await changes("")).rev);
    await deleteMessage(ann, id, 2, "everyone");
    for (const socket of [plain, all]) {
      // The root has no replies any more.
      await socket.until(() =>
        changed(socket).some(({ seq, thread_summary }) => seq === 1 && !thread_summary),
      );
    }
    await all.until(() => changed(all).some(({ seq }) => seq === 2));
    expect(changed(plain).map(({ seq }) => seq)).toEqual([1]);
    for (const [query, seqs] of [
      ["", [1]],
      ["threads=all", [1, 2]],
    ] as const)
      expect((await changes(query)).items.map(({ seq }) => seq)).toEqual(seqs);
    for (const socket of [plain, all]) {
      const late = await open(pathOf(socket === all ? "?threads=all" : ""));
      await sync(late, 2);
      expect(changed(late).map(({ seq }) => seq)).toEqual(socket === all ? [1, 2] : [1]);
      late.close();
      socket.close();
    }
  });
});

test("sends of one commit change each root once, and nothing of it is unread", async () => {
  id = await createGroupId(ann, bob);
  await send(ann, id, "one");
  await send(ann, id, "two");
  const before = (await changes("")).rev;
  const sender = await open(roomPath(id), ann);
  const watcher = await open(roomPath(id, "?threads=all"));
  sender.send({ type: "sends", items: range(1, 20).map((i) => (i % 2 ? aside(1) : reply(2))) });
  await sender.until(({ acks }) => acks.length === 20);
  await watcher.until(() => changed(watcher).length >= 2);
  const { items, rev } = await changes(`after_rev=${before}`);
  expect(items.map(({ seq, thread_summary }) => [seq, thread_summary?.count])).toEqual([
    [1, 10],
    [2, 10],
  ]);
  expect(rev).toBe(before + 2);
  // The root is told after the replies.
  expect(watcher.seqs.length).toBe(20);
  for (const look of [getConversation, listedConversation])
    expect(await look(bob, id)).toMatchObject({ unread_count: 12 });
  for (const socket of [sender, watcher]) socket.close();
});

test("the list shows the summary of the last message as a look at the conversation does", async () => {
  id = await createGroupId(ann, bob);
  await send(ann, id, "root");
  await send(ann, id, aside(1));
  await send(ann, id, aside(1));
  const [listed, single] = [await listedConversation(bob, id), await getConversation(bob, id)];
  expect(listed.last_message).toMatchObject({ seq: 1, thread_summary: { count: 2 } });
  expect(single.last_message).toEqual(listed.last_message);
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
