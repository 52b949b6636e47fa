import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../src/core/ids.ts";
import type { SignedIn } from "../../support/api.ts";
import { conversationObject, newGroup, nth, people, post, range, text } from "../../support/room.ts";
import { openRoom, type TestSocket } from "../../support/socket.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const registered = await people(2);
  ann = nth(registered, 0);
  bob = nth(registered, 1);
});

/** Asks for the next page until there is none, as a client does. */
async function caughtUp(socket: TestSocket): Promise<void> {
  let synced = await socket.next("synced");
  while (synced.has_more === true) {
    socket.send({ type: "sync", after: synced.last_seq });
    synced = await socket.next("synced");
  }
}

/** Keeps some sends on their way until it is stopped. @returns how many there were */
function talking(socket: TestSocket): () => Promise<number> {
  let stopped = false;
  let sent = 0;
  const talk = async () => {
    while (!stopped) {
      for (let i = 0; i < 5; i++) socket.send(text(`${++sent}`, `${sent}`));
      await socket.until(({ acks }) => acks.length > sent - 10);
    }
    await socket.until(({ acks }) => acks.length === sent);
    return sent;
  };
  const done = talk();
  return () => {
    stopped = true;
    return done;
  };
}

test("whoever opens while others send sees each message once, in order", async () => {
  const id = await newGroup(ann, bob);
  const senders = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  const stops = senders.map(talking);
  const readers: { from: number; socket: TestSocket }[] = [];
  for (let i = 0; i < 24; i++) {
    const from = i % 4 === 0 ? 0 : (readers.at(-1)?.socket.seqs.at(-1) ?? 0);
    const socket = await openRoom(id, bob.token, `?after=${from}&rev=0`);
    readers.push({ from, socket });
    await caughtUp(socket);
  }
  const counts = await Promise.all(stops.map((stop) => stop()));
  const last = await post(id, ann, "the end");
  expect(last).toBe(counts.reduce((sum, count) => sum + count, 1));
  for (const { from, socket } of readers) {
    await socket.until(({ seqs }) => seqs.includes(last));
    expect(socket.seqs).toEqual(range(from + 1, last));
  }
});

test("a client that comes back again and again with what it showed last has seen all, once", async () => {
  const id = await newGroup(ann, bob);
  const stop = talking(await openRoom(id, ann.token));
  const shown: number[] = [];
  for (let i = 0; i < 12; i++) {
    const socket = await openRoom(id, bob.token, `?after=${shown.at(-1) ?? 0}`);
    await caughtUp(socket);
    const enough = socket.seqs.length + (i % 3);
    await socket.until(({ seqs }) => seqs.length >= enough);
    socket.close();
    await socket.closed();
    shown.push(...socket.seqs);
  }
  await stop();
  expect(shown).toEqual(range(1, shown.length));
});

const MAX_FRAME = 256 * 1024;

/** Sends so many bodies and gives what a reader is replayed of them. */
async function replayed(count: number, data: string): Promise<TestSocket> {
  const id: ConversationId = await newGroup(ann, bob);
  const sender = await openRoom(id, ann.token);
  const body = { data, description: "", extension: "" };
  for (const i of range(1, count)) {
    sender.send({ type: "send", kind: "custom", body });
    if (i % 50 === 0) await sender.until(({ acks }) => acks.length === i);
  }
  const reader = await openRoom(id, bob.token, "?after=0");
  await caughtUp(reader);
  expect(reader.seqs).toEqual(range(1, count));
  return reader;
}

test.each([
  ["ASCII", "x".repeat(30_000)],
  ["Chinese", "界".repeat(10_000)],
])("120 messages of 30 KB (%s) are replayed in frames of at most 256 KiB", async (_, data) => {
  const reader = await replayed(120, data);
  const sizes = reader
    .of("messages")
    .map((frame) => new TextEncoder().encode(JSON.stringify(frame)).byteLength);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_FRAME);
  expect(reader.of("messages").length).toBeGreaterThan(120 / 9);
});

test("a live socket that sends and syncs in one breath gets its ack behind what is older", async () => {
  const id = await newGroup(ann, bob);
  const anns = await openRoom(id, ann.token);
  const bobs = await openRoom(id, bob.token);
  await post(id, ann, "1");
  await bobs.until(({ seqs }) => seqs.length === 1);
  await runInDurableObject(conversationObject(id), (room, state) => {
    // The newest is the first.
    const [b, a] = state.getWebSockets();
    if (!a || !b) throw new Error("two sockets");
    // One burst: all of it arrives before the next timer turn.
    void room.webSocketMessage(a, JSON.stringify(text("2")));
    void room.webSocketMessage(a, JSON.stringify(text("3")));
    void room.webSocketMessage(b, JSON.stringify(text("4", "bobs")));
    void room.webSocketMessage(b, JSON.stringify({ type: "sync", after: 2 }));
  });
  await bobs.next("synced");
  const ack = await bobs.next("ack");
  expect(ack).toMatchObject({ client_msg_id: "bobs", seq: 4 });
  expect(new Set(bobs.seqs)).toEqual(new Set([1, 2, 3, 4]));
  anns.close();
});

test("a live socket that syncs from beyond the last gets what waits at that moment, once", async () => {
  const id = await newGroup(ann, bob);
  const anns = await openRoom(id, ann.token);
  const bobs = await openRoom(id, bob.token);
  await runInDurableObject(conversationObject(id), (room, state) => {
    const [b, a] = state.getWebSockets();
    if (!a || !b) throw new Error("two sockets");
    for (const word of ["1", "2", "3"]) void room.webSocketMessage(a, JSON.stringify(text(word)));
    void room.webSocketMessage(b, JSON.stringify({ type: "sync", after: 1_000_000 }));
  });
  await bobs.next("synced");
  expect(bobs.seqs).toEqual([1, 2, 3]);
  anns.close();
});
