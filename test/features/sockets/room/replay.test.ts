import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { type ConversationId, Seq } from "../../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  postText,
  range,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

// A short cooldown, as an object with a pending timer is not evicted.
// One user opens more sockets here than a conversation allows.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 }, roomSockets: { perUser: 100 } }));

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

/** Creates a group with `count` messages of Ann: "1", "2" … */
async function roomOf(count: number): Promise<ConversationId> {
  const id = await createGroupId(ann, bob);
  const sender = await openRoom(id, ann.token);
  for (let first = 1; first <= count; first += 64) {
    const items = range(first, Math.min(first + 63, count)).map((i) => textFrame(`${i}`));
    sender.send({ type: "sends", items });
  }
  await sender.until(({ acks }) => acks.length === count);
  sender.close();
  return id;
}

/** Sends `sync` until `has_more` is false, as a client does. @returns the last `synced` frame */
async function caughtUp(socket: TestSocket) {
  let synced = await socket.next("synced");
  while (synced.has_more === true) {
    socket.send({ type: "sync", after: synced.last_seq });
    synced = await socket.next("synced");
  }
  return synced;
}

/** The changes to older messages that the socket received, in order: type and seq. */
const changes = (socket: TestSocket) =>
  socket.frames.flatMap(({ type, seq }) => (type === "revoked" || type === "hidden" ? [[type, seq]] : []));

test("?after replays later messages in pages of 100, and then the socket is live", async () => {
  const id = await roomOf(250);
  const socket = await openRoom(id, bob.token, "?after=10");
  expect(socket.frames[0]).toMatchObject({ type: "ready", last_seq: 250 });
  expect(await socket.next("synced")).toEqual({
    type: "synced",
    conversation_id: id,
    last_seq: 110,
    rev: 0,
    has_more: true,
  });
  expect(socket.seqs).toEqual(range(11, 110));
  socket.send({ type: "sync", after: 110 });
  expect(await socket.next("synced")).toMatchObject({ last_seq: 210, has_more: true });
  socket.send({ type: "sync", after: 210 });
  expect(await socket.next("synced")).toMatchObject({ last_seq: 250, has_more: false });
  await postText(id, ann, "251");
  await socket.until(({ seqs }) => seqs.includes(251));
  expect(socket.seqs).toEqual(range(11, 251));
});

test("?after beyond the last message means the last message", async () => {
  const id = await roomOf(3);
  const socket = await openRoom(id, bob.token, "?after=9000000000000000");
  expect(await socket.next("synced")).toMatchObject({ last_seq: 3, has_more: false });
  await postText(id, ann, "4");
  await socket.until(({ seqs }) => seqs.length === 1);
  expect(socket.seqs).toEqual([4]);
});

test("a socket in a replay gets no live events, and each message once", async () => {
  const id = await roomOf(150);
  const socket = await openRoom(id, bob.token, "?after=0");
  await socket.next("synced");
  const live = await openRoom(id, ann.token);
  socket.send(textFrame("from behind", "mine"));
  await socket.next("ack");
  await postText(id, ann, "152");
  live.send({ type: "typing" });
  live.send({ type: "read", seq: 1 });
  await live.untilProcessed();
  await socket.untilProcessed();
  expect(socket.seqs).toEqual(range(1, 100));
  expect([...socket.of("typing"), ...socket.of("read")]).toEqual([]);
  await expectDeleted(id, ann, 152, "everyone");
  socket.send({ type: "sync", after: 100 });
  expect(await socket.next("synced")).toMatchObject({ last_seq: 152, has_more: false });
  expect(socket.seqs).toEqual(range(1, 152));
  expect(socket.messages.at(-1)).toMatchObject({ seq: 152, revoked: true, body: {} });
});

test("?rev replays later revokes and the reader's hides, for messages up to ?after", async () => {
  const id = await roomOf(6);
  await expectDeleted(id, ann, 1, "everyone");
  await expectDeleted(id, bob, 2, "me");
  await expectDeleted(id, ann, 3, "me");
  await expectDeleted(id, ann, 4, "everyone");
  await expectDeleted(id, ann, 6, "everyone");
  const all = await openRoom(id, bob.token, "?after=5&rev=0");
  expect(await all.next("synced")).toMatchObject({ rev: 5, has_more: false });
  expect(changes(all)).toEqual([
    ["revoked", 1],
    ["hidden", 2],
    ["revoked", 4],
  ]);
  // Message 6 is after ?after, so it comes as a revoked message.
  expect(all.messages).toMatchObject([{ seq: 6, revoked: true, body: {} }]);
  const some = await openRoom(id, bob.token, "?after=6&rev=3");
  await some.next("synced");
  expect(changes(some)).toEqual([
    ["revoked", 4],
    ["revoked", 6],
  ]);
  const none = await openRoom(id, bob.token, "?after=6");
  await none.next("synced");
  expect(changes(none)).toEqual([]);
});

test("a replay has no message and no change from before the reader's visible_from", async () => {
  const id = await roomOf(5);
  const stub = conversationObject(id);
  await runInDurableObject(stub, (_, state) => {
    state.storage.sql.exec("UPDATE members SET visible_from = 3 WHERE user_id = ?", bob.user.id);
  });
  await expectDeleted(id, ann, 1, "everyone");
  await evictDurableObject(stub);
  const socket = await openRoom(id, bob.token, "?after=0&rev=0");
  await socket.next("synced");
  expect(socket.seqs).toEqual([4, 5]);
  const later = await openRoom(id, bob.token, "?after=5&rev=0");
  await later.next("synced");
  expect(changes(later)).toEqual([]);
});

test("more than 200 hides come in pages of their own, each once", async () => {
  const id = await roomOf(205);
  await runInDurableObject(conversationObject(id), (room) => {
    const userId = bob.user.id;
    return Promise.all(range(1, 203).map((seq) => room.hide({ userId, seq: Seq.parse(seq) })));
  });
  const socket = await openRoom(id, bob.token, "?after=205&rev=0");
  expect(await caughtUp(socket)).toMatchObject({ rev: 203 });
  expect(changes(socket)).toEqual(range(1, 203).map((seq) => ["hidden", seq]));
});

describe("a replay during sends", () => {
  /**
   * Sends texts continuously, with at most 10 unacknowledged. @returns a function that stops and resolves
   * with their number
   */
  function keepSending(socket: TestSocket): () => Promise<number> {
    let stopped = false;
    let sent = 0;
    const sendUntilStopped = async () => {
      while (!stopped) {
        for (let i = 0; i < 5; i++) socket.send(textFrame(`${++sent}`, `${sent}`));
        await socket.until(({ acks }) => acks.length > sent - 10);
      }
      await socket.until(({ acks }) => acks.length === sent);
      return sent;
    };
    const done = sendUntilStopped();
    return () => {
      stopped = true;
      return done;
    };
  }

  test("a socket that opens during sends gets each message once, in order", async () => {
    const id = await createGroupId(ann, bob);
    const senders = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
    const stops = senders.map(keepSending);
    const readers: { from: number; socket: TestSocket }[] = [];
    for (let i = 0; i < 24; i++) {
      const from = i % 4 === 0 ? 0 : (readers.at(-1)?.socket.seqs.at(-1) ?? 0);
      const socket = await openRoom(id, bob.token, `?after=${from}&rev=0`);
      readers.push({ from, socket });
      await caughtUp(socket);
    }
    const counts = await Promise.all(stops.map((stop) => stop()));
    const last = await postText(id, ann, "the end");
    expect(last).toBe(counts.reduce((sum, count) => sum + count, 1));
    for (const { from, socket } of readers) {
      await socket.until(({ seqs }) => seqs.includes(last));
      expect(socket.seqs).toEqual(range(from + 1, last));
    }
  });

  test("a client that reconnects with its last seq gets each message once", async () => {
    const id = await createGroupId(ann, bob);
    const stop = keepSending(await openRoom(id, ann.token));
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

  /** Sends `count` custom messages. @returns a socket that has replayed them all */
  async function replayed(count: number, data: string): Promise<TestSocket> {
    const id: ConversationId = await createGroupId(ann, bob);
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

  test("a live socket that sends and syncs at once gets its ack after all older messages", async () => {
    const id = await createGroupId(ann, bob);
    const anns = await openRoom(id, ann.token);
    const bobs = await openRoom(id, bob.token);
    await postText(id, ann, "1");
    await bobs.until(({ seqs }) => seqs.length === 1);
    await runInDurableObject(conversationObject(id), (room, state) => {
      // `getWebSockets` lists the newest socket first.
      const [b, a] = state.getWebSockets();
      if (!a || !b) throw new Error("two sockets");
      // One burst: all frames arrive before the next timer turn.
      void room.webSocketMessage(a, JSON.stringify(textFrame("2")));
      void room.webSocketMessage(a, JSON.stringify(textFrame("3")));
      void room.webSocketMessage(b, JSON.stringify(textFrame("4", "bobs")));
      void room.webSocketMessage(b, JSON.stringify({ type: "sync", after: 2 }));
    });
    await bobs.next("synced");
    const ack = await bobs.next("ack");
    expect(ack).toMatchObject({ client_msg_id: "bobs", seq: 4 });
    expect(new Set(bobs.seqs)).toEqual(new Set([1, 2, 3, 4]));
    anns.close();
  });

  test("a live socket that syncs from beyond the last message gets queued messages once", async () => {
    const id = await createGroupId(ann, bob);
    const anns = await openRoom(id, ann.token);
    const bobs = await openRoom(id, bob.token);
    await runInDurableObject(conversationObject(id), (room, state) => {
      const [b, a] = state.getWebSockets();
      if (!a || !b) throw new Error("two sockets");
      for (const word of ["1", "2", "3"]) void room.webSocketMessage(a, JSON.stringify(textFrame(word)));
      void room.webSocketMessage(b, JSON.stringify({ type: "sync", after: 1_000_000 }));
    });
    await bobs.next("synced");
    expect(bobs.seqs).toEqual([1, 2, 3]);
    anns.close();
  });
});
