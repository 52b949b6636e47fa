import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId, Position, Seq, UserId } from "../../../src/domain/ids.ts";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  listedConversation,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import {
  aside,
  follow,
  followed,
  readThread,
  replies,
  reply,
  threadCall,
  unfollow,
} from "../../support/clients/threads.ts";
import { conversationObject } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cleo: SignedIn;
let stranger: SignedIn;

beforeAll(async () => {
  [ann, bob, cleo, stranger] = await Promise.all([register(), register(), register(), register()]);
});

const newGroup = async () => (await createGroup(ann, [bob, cleo])).id;

/** The threads that a user follows, with what is unread, as the list of threads has them. */
const states = async (who: SignedIn, id: number) =>
  (await followed(who, id)).items.map(({ root, unread_count, read_seq }) => [
    root.seq,
    unread_count,
    read_seq,
  ]);

/** What a user's list says of a conversation, which a single look at it has to say too. */
async function unread(who: SignedIn, id: number): Promise<{ main: number; threads: number }> {
  const [listed, single] = [await listedConversation(who, id), await getConversation(who, id)];
  const counts = ({ unread_count, threads_unread }: typeof listed) => ({
    main: unread_count,
    threads: threads_unread,
  });
  expect(counts(listed)).toEqual(counts(single));
  return counts(listed);
}

describe("a thread is followed", () => {
  test("by whoever writes in it and by the author of its root, and by nobody else", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    await send(bob, id, aside(1));
    expect(await states(ann, id)).toEqual([[1, 1, 1]]);
    expect(await states(bob, id)).toEqual([[1, 0, 2]]);
    expect(await states(cleo, id)).toEqual([]);
    expect(await unread(ann, id)).toEqual({ main: 0, threads: 1 });
    expect(await unread(bob, id)).toEqual({ main: 1, threads: 0 });
    expect(await unread(cleo, id)).toEqual({ main: 1, threads: 0 });
    // One's own reply is read, and so is what was there before it.
    await send(ann, id, aside(1));
    expect(await states(ann, id)).toEqual([[1, 0, 3]]);
    expect(await states(bob, id)).toEqual([[1, 1, 2]]);
  });

  test("by a call, from then on, until another call", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    await send(bob, id, aside(1));
    expect(await follow(cleo, id, 1)).toEqual({ following: true, read_seq: 2, unread_count: 0 });
    await send(bob, id, aside(1));
    expect(await follow(cleo, id, 1)).toEqual({ following: true, read_seq: 2, unread_count: 1 });
    expect(await unread(cleo, id)).toEqual({ main: 1, threads: 1 });
    await unfollow(cleo, id, 1);
    await unfollow(cleo, id, 1);
    expect(await unread(cleo, id)).toEqual({ main: 1, threads: 0 });
    await send(bob, id, aside(1));
    expect([await states(cleo, id), await unread(cleo, id)]).toEqual([[], { main: 1, threads: 0 }]);
    // The author of the root who has left the thread is not brought back by others.
    await unfollow(ann, id, 1);
    await send(bob, id, aside(1));
    expect(await states(ann, id)).toEqual([]);
    await send(ann, id, aside(1));
    expect(await states(ann, id)).toEqual([[1, 0, 6]]);
  });
});

test("a follow and a read are answered as they were stored, though their caller leaves before the answer", async () => {
  const id = await newGroup();
  await send(ann, id, "root");
  await send(ann, id, aside(1));
  const object = conversationObject(ConversationId.parse(id));
  const caller = { userId: UserId.parse(bob.user.id), root: Seq.parse(1) };
  // Calls of one stub arrive in order. The leave runs while those before it wait for the inbox.
  const answers = await Promise.all([
    object.followThread(caller),
    object.readThread({ ...caller, seq: Position.parse(2) }),
    object.leave(caller),
  ]);
  const followed = { ok: true, value: { isFollowing: true, readSeq: 2, unreadCount: 0 } };
  expect(answers).toMatchObject([followed, followed, { ok: true }]);
});

describe("what is unread in a thread", () => {
  test("is read up to a seq, only forward, and only in threads that one follows", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    for (let i = 0; i < 3; i++) await send(bob, id, aside(1));
    expect(await readThread(ann, id, 1, 3)).toEqual({ following: true, read_seq: 3, unread_count: 1 });
    expect(await readThread(ann, id, 1, 2)).toEqual({ following: true, read_seq: 3, unread_count: 1 });
    expectProblem(await threadCall(ann, "PUT", id, "/1/read", { seq: 9 }), 404, "not_found");
    const none = { following: false, read_seq: 0, unread_count: 0 };
    expect(await readThread(cleo, id, 1, 4)).toEqual(none);
    expect(await states(cleo, id)).toEqual([]);
    for (const body of [{}, { seq: -1 }, { seq: "1" }])
      expectProblem(await threadCall(ann, "PUT", id, "/1/read", body), 400, "validation_failed");
  });

  test("of several threads is summed up, and every device of the reader is told", async () => {
    const id = await newGroup();
    await sendAll(ann, id, ["one", "two"]);
    await send(bob, id, aside(1));
    await send(bob, id, aside(2));
    await send(bob, id, aside(2));
    expect(await states(ann, id)).toEqual([
      [2, 2, 2],
      [1, 1, 1],
    ]);
    expect(await unread(ann, id)).toEqual({ main: 0, threads: 3 });
    const [room, device, other] = [
      await openRoom(id, ann.token),
      await openDevice(ann.token),
      await openRoom(id, bob.token),
    ];
    await device.untilProcessed(id);
    await readThread(ann, id, 2, 5);
    const expected = {
      ...{ type: "thread_read", conversation_id: id, root: 2, following: true, read_seq: 5 },
      ...{ unread_count: 0, threads_unread: 1, last_seq: 5 },
    };
    for (const socket of [room, device])
      expect(await untilFrame(socket, { type: "thread_read" })).toEqual(expected);
    await unfollow(ann, id, 1);
    const left = { following: false, read_seq: 0, unread_count: 0, threads_unread: 0 };
    for (const socket of [room, device]) await untilFrame(socket, { type: "thread_read", root: 1, ...left });
    await send(ann, id, "last");
    await other.until(({ seqs }) => seqs.length > 0);
    expect(other.of("thread_read")).toEqual([]);
    for (const socket of [room, device, other]) socket.close();
  });
});

test("every device is told that hiding a root has ended the follow of its thread", async () => {
  const id = await newGroup();
  await sendAll(ann, id, ["one", "two"]);
  for (const root of [1, 2, 2]) await send(bob, id, aside(root));
  const sockets = [await openRoom(id, ann.token), await openDevice(ann.token)];
  for (const socket of sockets) await socket.untilProcessed(id);
  expect((await deleteMessage(ann, id, 2, "me")).status).toBe(204);
  const left = { following: false, read_seq: 0, unread_count: 0, threads_unread: 1 };
  for (const socket of sockets) {
    await untilFrame(socket, { type: "thread_read", conversation_id: id, root: 2, ...left });
    socket.close();
  }
  // Hiding what begins no followed thread tells nothing.
  const room = await openRoom(id, ann.token);
  expect((await deleteMessage(ann, id, 3, "me")).status).toBe(204);
  await room.next("hidden");
  await room.untilProcessed();
  expect(room.of("thread_read")).toEqual([]);
  room.close();
});

describe("a mention in a thread-only reply", () => {
  /** The unread mentions of a user, as their inbox gets them. */
  async function mentions({ user }: SignedIn, id: number): Promise<unknown> {
    const object = conversationObject(ConversationId.parse(id));
    const snapshot = await object.snapshot({ userId: UserId.parse(user.id) });
    return snapshot.ok && snapshot.value.update.mentioned?.map(({ seq, threadRoot }) => [seq, threadRoot]);
  }

  test("reaches who is named, and makes nobody follow the thread", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    await send(bob, id, { ...aside(1), mentions: [cleo.user.id] });
    expect([await states(cleo, id), await unread(cleo, id)]).toEqual([[], { main: 1, threads: 0 }]);
    expect(await mentions(cleo, id)).toEqual([[2, 1]]);
    expect(await mentions(ann, id)).toEqual([]);
    // A revoke takes it back.
    await deleteMessage(bob, id, 2, "everyone");
    expect(await mentions(cleo, id)).toEqual([]);
  });

  test("is unread until its user has read the thread or the main stream up to it", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    await follow(cleo, id, 1);
    for (let i = 0; i < 2; i++) await send(bob, id, { ...aside(1), mentions: "all" });
    expect(await mentions(cleo, id)).toEqual([
      [3, 1],
      [2, 1],
    ]);
    await readThread(cleo, id, 1, 2);
    expect(await mentions(cleo, id)).toEqual([[3, 1]]);
    await readThread(cleo, id, 1, 3);
    expect(await mentions(cleo, id)).toEqual([]);
    await ask(ann, id, "PUT", "/read", { seq: 3 });
    expect(await mentions(ann, id)).toEqual([]);
  });
});

describe("the list of threads", () => {
  test("comes in pages, the newest reply first", async () => {
    const id = await newGroup();
    await sendAll(ann, id, ["one", "two", "three"]);
    for (const root of [1, 2, 3, 1]) await send(bob, id, aside(root));
    const first = await followed(ann, id, "?limit=2");
    expect(first.items.map(({ root }) => root.seq)).toEqual([1, 3]);
    expect(first.items[0]).toMatchObject({
      following: true,
      root: { seq: 1, thread_summary: { count: 2, last_seq: 7 } },
    });
    const cursor = encodeURIComponent(String(first.next_cursor));
    const second = await followed(ann, id, `?limit=2&cursor=${cursor}`);
    expect(second).toMatchObject({ items: [{ root: { seq: 2 } }], next_cursor: null });
    expectProblem(await threadCall(ann, "GET", id, "?cursor=x"), 400, "validation_failed");
    expectProblem(await threadCall(stranger, "GET", id, ""), 404, "not_found");
  });

  test("goes on behind a thread whose root its reader does not see any more", async () => {
    const id = await newGroup();
    await sendAll(ann, id, ["one", "two", "three"]);
    for (const root of [1, 2, 3]) await send(bob, id, aside(root));
    // As a release before threads hides a root.
    await runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) =>
      storage.sql.exec("INSERT INTO hidden (seq, user_id, rev) VALUES (3, ?, 0)", ann.user.id),
    );
    const shown: number[] = [];
    for (let query = "?limit=1"; ; ) {
      const { items, next_cursor } = await followed(ann, id, query);
      shown.push(...items.map(({ root }) => root.seq));
      if (next_cursor === null) break;
      query = `?limit=1&cursor=${encodeURIComponent(next_cursor)}`;
    }
    expect(shown).toEqual([2, 1]);
  });
});

describe("the replies of a thread", () => {
  test("come in pages, also those in the main stream", async () => {
    const id = await newGroup();
    await sendAll(ann, id, ["root", "another root"]);
    for (const fields of [aside(1), aside(2), reply(1), aside(1)]) await send(bob, id, fields);
    const seqs = async (query: string) => {
      const { items, has_more } = await replies(cleo, id, 1, query);
      return [items.map(({ seq }) => seq), has_more];
    };
    expect(await seqs("")).toEqual([[3, 5, 6], false]);
    expect(await seqs("?limit=2")).toEqual([[5, 6], true]);
    expect(await seqs("?before=5")).toEqual([[3], false]);
    expect(await seqs("?after=0&limit=1")).toEqual([[3], true]);
    expect(await seqs("?after=3")).toEqual([[5, 6], false]);
    expect((await replies(cleo, id, 2)).items.map(({ seq }) => seq)).toEqual([4]);
    expectProblem(await threadCall(ann, "GET", id, "/1/messages?before=1&after=1"), 400, "validation_failed");
    expectProblem(await threadCall(ann, "GET", id, "/3/messages"), 400, "validation_failed");
    for (const [who, root] of [
      [ann, 99],
      [stranger, 1],
    ] as const)
      expectProblem(await threadCall(who, "GET", id, `/${root}/messages`), 404, "not_found");
  });

  test("leave out what the reader has hidden, and show what was revoked without its content", async () => {
    const id = await newGroup();
    await send(ann, id, "root");
    for (const text of ["secret", "hidden", "kept"]) await send(bob, id, aside(1, text));
    await deleteMessage(bob, id, 2, "everyone");
    await deleteMessage(ann, id, 3, "me");
    const { items } = await replies(ann, id, 1);
    expect(items).toMatchObject([
      { seq: 2, revoked: true, body: {}, thread: { root: 1, also_in_main: false } },
      { seq: 4, body: { text: "kept" } },
    ]);
    expect((await replies(bob, id, 1)).items).toHaveLength(3);
  });
});
