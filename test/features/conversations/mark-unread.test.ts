import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  listedConversation,
  openDirect,
  send,
  sendAll,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { StrictReceipts } from "../../support/clients/shapes.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const put = ({ token }: SignedIn, id: number, body: object) => ask({ token }, id, "PUT", "/read", body);
const markUnread = (who: SignedIn, id: number, seq: number) => put(who, id, { seq, unread: true });

/** Moves the read position. */
const read = (who: SignedIn, id: number, seq: number) => put(who, id, { seq });

/** The answer to a mark, or to a read that ends none. */
const answered = (read_seq: number, unread_count: number, unread_from?: number) => ({
  status: 200,
  body: { read_seq, unread_count, ...(unread_from !== undefined && { unread_from }) },
});

const seen = ({ status, body }: Answer) => ({ status, body });

/** A group of three in which Ann has sent so many messages, and Bob has read them. */
async function readGroup(count: number): Promise<number> {
  const { id } = await createGroup(ann, [bob, cem]);
  await sendAll(
    ann,
    id,
    Array.from({ length: count }, (_, i) => String(i + 1)),
  );
  expect(seen(await read(bob, id, count))).toEqual(answered(count, 0));
  return id;
}

/** Expects a member's unread state in the conversation, in their list, and in the sum over the list. */
async function expectUnread(who: SignedIn, id: number, unread_count: number, unread_from?: number) {
  const expected = { unread_count, unread_from };
  const unreadOf = (shown: Awaited<ReturnType<typeof getConversation>>) => {
    return { unread_count: shown.unread_count, unread_from: shown.unread_from };
  };
  expect(unreadOf(await getConversation(who, id))).toEqual(expected);
  await expect.poll(async () => unreadOf(await listedConversation(who, id))).toEqual(expected);
}

async function receipts(who: SignedIn, id: number) {
  const { body } = await ask(who, id, "GET", "/receipts");
  return StrictReceipts.parse(body).items;
}

async function totals({ token }: SignedIn) {
  return (await call("GET", "/v1/me/unread", { token })).body;
}

describe("a message that is marked unread", () => {
  test("is the first unread one: it and the later ones of others count, in every place", async () => {
    const dan = await register();
    const { id } = await createGroup(ann, [dan]);
    await sendAll(ann, id, ["1", "2", "3", "4"]);
    await read(dan, id, 4);
    expect(await totals(dan)).toMatchObject({ unread_count: 0, conversation_count: 0 });
    expect(seen(await markUnread(dan, id, 3))).toEqual(answered(4, 2, 3));
    await expectUnread(dan, id, 2, 3);
    expect(await totals(dan)).toMatchObject({ unread_count: 2, conversation_count: 1 });
    await send(ann, id, "5");
    await expectUnread(dan, id, 3, 3);
    expect(seen(await markUnread(dan, id, 4))).toEqual(answered(4, 2, 4));
    expect(seen(await markUnread(dan, id, 1))).toEqual(answered(4, 5, 1));
    await expectUnread(dan, id, 5, 1);
    await expectUnread(ann, id, 0);
  });

  test("may be the last one", async () => {
    const id = await readGroup(2);
    expect(seen(await markUnread(bob, id, 2))).toEqual(answered(2, 1, 2));
    await expectUnread(bob, id, 1, 2);
  });

  test("changes nothing when it is marked again", async () => {
    const id = await readGroup(3);
    await markUnread(bob, id, 2);
    const before = await storedInConversation(id);
    expect(seen(await markUnread(bob, id, 2))).toEqual(answered(3, 2, 2));
    expect(await storedInConversation(id)).toBe(before);
  });

  test("that the member has not read is unread already: what is before it is read", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    await sendAll(ann, id, ["1", "2", "3", "4"]);
    await read(bob, id, 1);
    expect(seen(await markUnread(bob, id, 3))).toEqual(answered(2, 2));
    await expectUnread(bob, id, 2);
    expect(seen(await markUnread(bob, id, 3))).toEqual(answered(2, 2));
    expect(await receipts(ann, id)).toContainEqual(
      expect.objectContaining({ user_id: bob.user.id, read_seq: 2 }),
    );
  });

  test("makes no own message and no system message unread", async () => {
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["1"]);
    await sendAll(bob, id, ["2", "3"]);
    await ask(ann, id, "POST", "/members", { user_ids: [cem.user.id] });
    await send(ann, id, "5");
    await send(bob, id, "6");
    // Of 1 to 6, others have written 1 and 5; 4 is a system message.
    expect(seen(await markUnread(bob, id, 1))).toEqual(answered(6, 2, 1));
    expect(seen(await markUnread(bob, id, 2))).toEqual(answered(6, 1, 2));
    expect(seen(await markUnread(bob, id, 4))).toEqual(answered(6, 1, 4));
    await expectUnread(bob, id, 1, 4);
    // From 6 on there is nothing of others.
    expectProblem(await markUnread(bob, id, 6), 400, "validation_failed");
    await expectUnread(bob, id, 1, 4);
  });

  test("may be revoked, which does not count; a hidden one cannot be marked", async () => {
    const id = await readGroup(3);
    await deleteMessage(ann, id, 2, "everyone");
    expect(seen(await markUnread(bob, id, 2))).toEqual(answered(3, 1, 2));
    await deleteMessage(bob, id, 2, "me");
    await expectUnread(bob, id, 1, 2);
    expectProblem(await markUnread(bob, id, 2), 404, "not_found");
    await expectUnread(bob, id, 1, 2);
  });

  test("has its mentions unread again, but for those of oneself", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    const mention = (who: SignedIn, mentions: unknown) =>
      send(who, id, { kind: "text", body: { text: "hey" }, mentions });
    await mention(ann, [bob.user.id]);
    await mention(ann, "all");
    await mention(bob, "all");
    const mentioned = async () => {
      const described = await conversationObject(ConversationId.parse(id)).describe({ userId: bob.user.id });
      return described.ok ? described.value.readState.mentioned.map(({ seq }) => seq) : described;
    };
    expect(await mentioned()).toEqual([]);
    await markUnread(bob, id, 2);
    expect(await mentioned()).toEqual([2]);
    await markUnread(bob, id, 1);
    expect(await mentioned()).toEqual([2, 1]);
    await read(bob, id, 3);
    expect(await mentioned()).toEqual([]);
  });
});

describe("others", () => {
  test("learn nothing: no receipt moves, and no frame tells of it", async () => {
    const { id } = await openDirect(ann, bob);
    await sendAll(ann, id, ["1", "2"]);
    const first = (await receipts(ann, id)).find(({ user_id }) => user_id === bob.user.id)?.read_seq ?? 0;
    const last = first + 2;
    await read(bob, id, last);
    const before = await receipts(ann, id);
    const sockets = [await openRoom(id, ann.token), await openDevice(ann.token)];
    const peerRead = async () =>
      (await conversationObject(ConversationId.parse(id)).describe({ userId: ann.user.id })) as unknown;
    const described = await peerRead();
    await markUnread(bob, id, last);
    expect(await receipts(ann, id)).toEqual(before);
    expect(await receipts(bob, id)).toEqual(before);
    expect(await peerRead()).toEqual(described);
    await read(bob, id, last);
    // A later event reaches each socket: what came before it has, too.
    await send(bob, id, "after");
    for (const socket of sockets) {
      await socket.next("message");
      expect(socket.of("read")).toEqual([]);
      socket.close();
    }
  });
});

describe("the member's own sockets", () => {
  test("are told the unread count and where it begins, when it is marked and when the mark ends", async () => {
    const id = await readGroup(4);
    const sockets = [await openRoom(id, bob.token), await openDevice(bob.token)];
    const frame = { type: "read", conversation_id: id, user_id: bob.user.id, seq: 4, last_seq: 4 };
    await markUnread(bob, id, 2);
    for (const socket of sockets)
      expect(await socket.next("read")).toEqual({ ...frame, unread_count: 3, unread_from: 2 });
    await read(bob, id, 4);
    for (const socket of sockets) {
      expect(await socket.next("read")).toEqual({ ...frame, unread_count: 0 });
      socket.close();
    }
  });

  test("can end the mark by a read, on either kind of socket", async () => {
    const id = await readGroup(3);
    const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
    await markUnread(bob, id, 2);
    await device.next("read");
    room.send({ type: "read", seq: 3 });
    expect(await device.next("read")).toMatchObject({ seq: 3, unread_count: 0 });
    await expectUnread(bob, id, 0);
    await markUnread(bob, id, 1);
    await room.until(({ frames }) => frames.some(({ unread_from }) => unread_from === 1));
    device.send({ type: "read", conversation_id: id, seq: 3 });
    await room.until(({ frames }) => frames.at(-1)?.unread_count === 0);
    await expectUnread(bob, id, 0);
    for (const socket of [room, device]) socket.close();
  });
});

describe("the mark ends", () => {
  test("with a read of the marked message or a later one; a read before it changes nothing", async () => {
    const id = await readGroup(5);
    await markUnread(bob, id, 3);
    for (const seq of [0, 1, 2]) expect(seen(await read(bob, id, seq))).toEqual(answered(5, 3, 3));
    await expectUnread(bob, id, 3, 3);
    expect(seen(await read(bob, id, 3))).toEqual(answered(5, 0));
    await expectUnread(bob, id, 0);
    await markUnread(bob, id, 5);
    await send(ann, id, "6");
    expect(seen(await read(bob, id, 5))).toEqual(answered(5, 1));
    await expectUnread(bob, id, 1);
    await markUnread(bob, id, 1);
    expect(seen(await read(bob, id, 6))).toEqual(answered(6, 0));
    await expectUnread(bob, id, 0);
  });

  test("with `unread: false`, which is a read", async () => {
    const id = await readGroup(2);
    await markUnread(bob, id, 1);
    expect(seen(await put(bob, id, { seq: 2, unread: false }))).toEqual(answered(2, 0));
  });

  test("with an own message, which moves the read position", async () => {
    const id = await readGroup(2);
    await markUnread(bob, id, 1);
    await send(bob, id, "3");
    await expectUnread(bob, id, 0);
    await send(ann, id, "4");
    await expectUnread(bob, id, 1);
  });

  test("when the conversation is deleted for oneself, with its history or without", async () => {
    const { id } = await openDirect(ann, bob);
    const object = conversationObject(ConversationId.parse(id));
    const { seq } = await send(ann, id, "1");
    await read(bob, id, seq);
    for (const keepsHistory of [true, true, false]) {
      const { last_seq } = await getConversation(bob, id);
      expect((await markUnread(bob, id, last_seq)).status).toBe(200);
      expect(await getConversation(bob, id)).toMatchObject({ unread_count: 1 });
      const done = await object.deleteForMe({ userId: bob.user.id, keepsHistory });
      expect(done.ok).toBe(true);
      expect(await getConversation(bob, id)).toMatchObject({ unread_count: 0 });
    }
    expectProblem(await markUnread(bob, id, seq), 404, "not_found");
    await send(ann, id, "2");
    await expectUnread(bob, id, 1);
  });

  test("with ignoring the conversation, in which nothing can be marked", async () => {
    const id = await readGroup(3);
    const object = conversationObject(ConversationId.parse(id));
    const ignore = (ignoresUnread: boolean) => object.setIgnoreUnread({ userId: bob.user.id, ignoresUnread });
    await markUnread(bob, id, 2);
    await ignore(true);
    await expectUnread(bob, id, 0);
    expectProblem(await markUnread(bob, id, 2), 400, "validation_failed");
    await ignore(false);
    await expectUnread(bob, id, 0);
  });

  test("with leaving the group: who comes back has nothing unread", async () => {
    const id = await readGroup(3);
    await markUnread(bob, id, 1);
    await ask(bob, id, "POST", "/leave");
    expectProblem(await markUnread(bob, id, 1), 404, "not_found");
    await sendAll(ann, id, ["meanwhile"]);
    await ask(ann, id, "POST", "/members", { user_ids: [bob.user.id] });
    await expectUnread(bob, id, 0);
    await send(ann, id, "welcome back");
    await expectUnread(bob, id, 1);
    expectProblem(await markUnread(bob, id, 3), 404, "not_found");
    await eventually(() => assertConsistent(id));
  });
});

test("a mark is there after both objects are evicted, and after a repair of the list", async () => {
  const dan = await register();
  const { id } = await createGroup(ann, [dan]);
  await sendAll(ann, id, ["1", "2", "3"]);
  await read(dan, id, 3);
  await markUnread(dan, id, 2);
  await evictDurableObject(conversationObject(ConversationId.parse(id)));
  await evictDurableObject(inboxObject(dan.user.id));
  await expectUnread(dan, id, 2, 2);
  await runInDurableObject(inboxObject(dan.user.id), (_, { storage }) => {
    storage.sql.exec("UPDATE conversations SET read_n = last_n, unread_from = NULL");
  });
  expect(await listedConversation(dan, id)).toMatchObject({ unread_count: 0 });
  expect((await call("POST", "/v1/me/repair", { token: dan.token })).status).toBe(200);
  await expectUnread(dan, id, 2, 2);
  await eventually(() => assertConsistent(id));
  await read(dan, id, 3);
  await expectUnread(dan, id, 0);
});

test("only a message that one sees can be marked, by a valid call", async () => {
  const { id } = await createGroup(ann, [bob]);
  await sendAll(ann, id, ["1", "2"]);
  await read(bob, id, 2);
  await ask(ann, id, "POST", "/members", { user_ids: [cem.user.id] });
  await deleteMessage(bob, id, 1, "me");
  const before = await storedInConversation(id);
  for (const seq of [1, 4, 999, Number.MAX_SAFE_INTEGER])
    expectProblem(await markUnread(bob, id, seq), 404, "not_found");
  expectProblem(await markUnread(cem, id, 2), 404, "not_found");
  const stranger = await register();
  const answer = await markUnread(stranger, id, 2);
  expectProblem(answer, 404, "not_found");
  expect(answer.body).toEqual((await markUnread(stranger, 999_999, 2)).body);
  for (const seq of [0, -1, 1.5, "2", null, undefined])
    expectProblem(await put(bob, id, { seq, unread: true }), 400, "validation_failed");
  for (const unread of ["true", 1, null, []])
    expectProblem(await put(bob, id, { seq: 2, unread }), 400, "validation_failed");
  expect(await storedInConversation(id)).toBe(before);
});

test("a message is marked among the newest 20,000: more are not counted", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "1");
  const object = conversationObject(ConversationId.parse(id));
  await runInDurableObject(object, (_, { storage }) => {
    const columns = "seq, n, sender_id, kind, body, created_at";
    storage.sql.exec(
      `WITH RECURSIVE later (seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM later WHERE seq < 20001)
       INSERT INTO messages (${columns}) SELECT seq, seq, ?, 'text', '{"text":"hi"}', 1 FROM later`,
      ann.user.id,
    );
  });
  await evictDurableObject(object);
  await read(bob, id, 20_001);
  expectProblem(await markUnread(bob, id, 1), 400, "validation_failed");
  expect(seen(await markUnread(bob, id, 2))).toEqual(answered(20_001, 20_000, 2));
});

test.each(DRIVERS.flatMap((driver) => (driver.unread ? [driver] : [])))(
  "$name shows the same unread count, and a read there ends the mark",
  async ({ unread, read: readThere }) => {
    if (!unread) throw new Error("it shows unread counts");
    const { id } = await openDirect(ann, bob);
    const [first] = await sendAll(ann, id, ["1", "2", "3"]);
    if (!first) throw new Error("three were sent");
    const there = () => unread(bob, ConversationId.parse(id));
    const last = first.seq + 2;
    await read(bob, id, last);
    await expect.poll(there).toBe(0);
    await markUnread(bob, id, first.seq + 1);
    await expect.poll(there).toBe(2);
    await (readThere ? readThere(bob, ConversationId.parse(id), last) : read(bob, id, last));
    await expect.poll(there).toBe(0);
    await expectUnread(bob, id, 0);
  },
);
