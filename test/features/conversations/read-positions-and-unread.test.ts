import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../../src/domain/errors.ts";
import { ConversationId, Position, Seq } from "../../../src/domain/ids.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  list,
  listedConversation,
  openDirect,
  page,
  send,
  sendAll,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { StrictReceipts } from "../../support/clients/shapes.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const read = ({ token }: SignedIn, id: number, seq: unknown) => ask({ token }, id, "PUT", "/read", { seq });

/**
 * Expects a read position and unread count in the conversation at once, and eventually in the user's list.
 */
async function expectReadState(
  who: SignedIn,
  id: number,
  read_seq: number,
  unread_count: number,
): Promise<void> {
  expect(await getConversation(who, id)).toMatchObject({ read_seq, unread_count });
  await expect.poll(() => listedConversation(who, id)).toMatchObject({ read_seq, unread_count });
}

async function receipts({ token }: SignedIn, id: number) {
  const answer = await ask({ token }, id, "GET", "/receipts");
  expect(answer.status).toBe(200);
  return new Map(StrictReceipts.parse(answer.body).items.map((item) => [Number(item.user_id), item]));
}

test("messages of others are unread until read, the member's own never are", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  await sendAll(ann, id, ["1", "2", "3"]);
  await expectReadState(ann, id, 3, 0);
  await expectReadState(bob, id, 0, 3);
  await expectReadState(cem, id, 0, 3);

  expect(await read(bob, id, 2)).toMatchObject({ status: 200 });
  await expectReadState(bob, id, 2, 1);
  await expectReadState(cem, id, 0, 3);

  // Sending a message marks all earlier ones as read.
  await send(cem, id, "4");
  await expectReadState(cem, id, 4, 0);
  await expectReadState(bob, id, 2, 2);
  await expectReadState(ann, id, 3, 1);
});

test("a read position moves forward only, never past the last message", async () => {
  const { id } = await openDirect(ann, bob);
  await sendAll(ann, id, ["1", "2", "3", "4"]);
  const position = (read_seq: number, unread_count: number) => ({ read_seq, unread_count });
  expect((await read(bob, id, 0)).body).toEqual(position(0, 4));
  expect((await read(bob, id, 3)).body).toEqual(position(3, 1));
  for (const seq of [3, 2, 1, 0])
    expect(await read(bob, id, seq)).toEqual(expect.objectContaining({ status: 200, body: position(3, 1) }));
  for (const seq of [5, 999, Number.MAX_SAFE_INTEGER])
    expectProblem(await read(bob, id, seq), 404, "not_found");
  await expectReadState(bob, id, 3, 1);
  expect((await read(bob, id, 4)).body).toEqual(position(4, 0));
  await send(ann, id, "5");
  await expectReadState(bob, id, 4, 1);
});

test("an empty conversation accepts only read position 0", async () => {
  const { id } = await createGroup(ann, [bob]);
  expect((await read(bob, id, 0)).body).toEqual({ read_seq: 0, unread_count: 0 });
  expectProblem(await read(bob, id, 1), 404, "not_found");
});

test("revoking and hiding change no read position, and hiding no unread count", async () => {
  const { id } = await createGroup(ann, [bob]);
  await sendAll(ann, id, ["1", "2", "3"]);
  await read(bob, id, 1);
  expect((await deleteMessage(ann, id, 2, "everyone")).status).toBe(204);
  await expectReadState(bob, id, 1, 1);
  expect((await deleteMessage(bob, id, 3, "me")).status).toBe(204);
  await expectReadState(bob, id, 1, 1);
  expect((await read(bob, id, 3)).body).toEqual({ read_seq: 3, unread_count: 0 });
});

test("receipts show how far each member has read, and when", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  const position = (user_id: number, read_seq: number, read_at: unknown) => ({ user_id, read_seq, read_at });
  const ids = [ann, bob, cem].map(({ user }) => user.id);
  expect(await receipts(bob, id)).toEqual(new Map(ids.map((user) => [user, position(user, 0, 0)])));
  const before = Date.now();
  const sent = await send(ann, id, "1");
  await send(ann, id, "2");
  await read(bob, id, 1);
  const now = await receipts(cem, id);
  expect(now.get(ann.user.id)).toMatchObject({ read_seq: 2 });
  expect(now.get(bob.user.id)).toMatchObject({ read_seq: 1 });
  expect(now.get(cem.user.id)).toEqual(position(cem.user.id, 0, 0));
  expect(now.get(bob.user.id)?.read_at).toBeGreaterThanOrEqual(Math.max(before, sent.created_at));
  // Repeating the same read position keeps its time.
  await read(bob, id, 1);
  expect(await receipts(cem, id)).toEqual(now);
});

test("a read over HTTP is pushed to the sockets of other members", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "1");
  const socket = await openRoom(id, ann.token);
  await read(bob, id, 1);
  expect(await socket.next("read")).toEqual({
    type: "read",
    conversation_id: id,
    user_id: bob.user.id,
    seq: 1,
  });
  socket.close();
});

/** The value of an object's successful answer. @throws Error if the call failed */
function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

/** The entry of a conversation in a user's list, with fields that v1 does not show. */
async function entry({ user }: SignedIn, id: number) {
  const ids = [ConversationId.parse(id)];
  const [found] = unwrap(await inboxObject(user.id).list({ limit: 1, ids }));
  if (!found) throw new Error(`conversation ${id} is not in the list`);
  return found;
}

const readStateOf = async ({ user }: SignedIn, id: number) =>
  unwrap(await conversationObject(ConversationId.parse(id)).describe({ userId: user.id })).readState;

const setIgnoreUnread = async ({ user }: SignedIn, id: number, ignoresUnread: boolean) =>
  unwrap(
    await conversationObject(ConversationId.parse(id)).setIgnoreUnread({ userId: user.id, ignoresUnread }),
  );

describe("a member who ignores unread messages", () => {
  test("has no unread messages and no mentions until the setting ends", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    await sendAll(ann, id, ["1", "2"]);
    await setIgnoreUnread(bob, id, true);
    await expectReadState(bob, id, 0, 0);
    await send(ann, id, { kind: "text", body: { text: "3" }, mentions: "all" });
    await expectReadState(bob, id, 0, 0);
    await expectReadState(cem, id, 0, 3);
    expect((await entry(bob, id)).mentioned).toEqual([]);
    expect((await read(bob, id, 1)).body).toEqual({ read_seq: 1, unread_count: 0 });
    await evictDurableObject(conversationObject(ConversationId.parse(id)));
    expect(await readStateOf(bob, id)).toMatchObject({ ignoresUnread: true, unreadCount: 0 });
    expect(await entry(bob, id)).toMatchObject({ ignoresUnread: true, unreadCount: 0 });

    const socket = await openRoom(id, ann.token);
    await setIgnoreUnread(bob, id, false);
    expect(await socket.next("read")).toMatchObject({ user_id: bob.user.id, seq: 3 });
    socket.close();
    await expectReadState(bob, id, 3, 0);
    expect(await entry(bob, id)).toMatchObject({ ignoresUnread: false, unreadCount: 0 });
    await send(ann, id, "4");
    await expectReadState(bob, id, 3, 1);
  });

  test("sets it idempotently, and leaving the group clears it", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "1");
    const state = async () => [await storedInConversation(id), await storedInInbox(bob)];
    await setIgnoreUnread(bob, id, false);
    await expectReadState(bob, id, 0, 1);
    await setIgnoreUnread(bob, id, true);
    const before = await state();
    for (let i = 0; i < 3; i++) await setIgnoreUnread(bob, id, true);
    expect(await state()).toEqual(before);
    const members = `/v1/conversations/${id}/members`;
    const leave = `/v1/conversations/${id}/leave`;
    expect((await call("POST", leave, { token: bob.token })).status).toBe(204);
    const failed = await conversationObject(ConversationId.parse(id)).setIgnoreUnread({
      ...{ userId: bob.user.id, ignoresUnread: true },
    });
    expect(failed).toMatchObject({ ok: false, code: "not_found" });
    await call("POST", members, { token: ann.token, body: { user_ids: [bob.user.id] } });
    await send(ann, id, "again");
    expect((await getConversation(bob, id)).unread_count).toBe(1);
  });
});

describe("the peer's read position", () => {
  test("is in the list after a read over HTTP, a room socket or a device socket, and after a sent message", async () => {
    const { id } = await openDirect(ann, bob);
    const { last_seq: before } = await getConversation(ann, id);
    const seqs = (await sendAll(ann, id, ["1", "2", "3", "4"])).map(({ seq }) => seq);
    const position = (index: number) => expect.objectContaining({ readSeq: seqs[index] });
    expect((await entry(ann, id)).peerRead?.readSeq).toBeLessThanOrEqual(before);

    await read(bob, id, seqs[0]);
    expect([(await readStateOf(ann, id)).peerRead, (await entry(ann, id)).peerRead]).toEqual([
      position(0),
      position(0),
    ]);

    const room = await openRoom(id, bob.token);
    const sockets = [room, await openDevice(bob.token)];
    room.send({ type: "read", conversation_id: id, seq: seqs[1] });
    await expect.poll(async () => (await entry(ann, id)).peerRead).toEqual(position(1));
    itemAt(sockets, 1).send({ type: "read", conversation_id: id, seq: seqs[2] });
    await expect.poll(async () => (await entry(ann, id)).peerRead).toEqual(position(2));
    for (const socket of sockets) socket.close();

    const { seq } = await send(bob, id, "an answer");
    expect((await readStateOf(ann, id)).peerRead?.readSeq).toBe(seq);
    await expect.poll(async () => (await entry(ann, id)).peerRead?.readSeq).toBe(seq);
    expect((await entry(bob, id)).peerRead?.readSeq).toBe(seqs[3]);
  });

  test("moves when the peer deletes the conversation, and is null in groups", async () => {
    const { id } = await openDirect(ann, cem);
    const { seq } = await send(ann, id, "1");
    expect((await ask(cem, id, "DELETE", "")).status).toBe(204);
    expect((await entry(ann, id)).peerRead?.readSeq).toBe(seq);
    const group = await createGroup(ann, [bob]);
    await send(ann, group.id, "1");
    await read(bob, group.id, 1);
    expect([(await readStateOf(ann, group.id)).peerRead, (await entry(ann, group.id)).peerRead]).toEqual([
      null,
      null,
    ]);
  });

  test("is in the list after both objects are evicted, and a late inbox update does not lower it", async () => {
    const { id } = await openDirect(bob, cem);
    const { seq } = await send(bob, id, "1");
    await expectReadState(cem, id, 0, 1);
    await read(cem, id, seq);
    await evictDurableObject(inboxObject(bob.user.id));
    await evictDurableObject(conversationObject(ConversationId.parse(id)));
    expect((await entry(bob, id)).peerRead?.readSeq).toBe(seq);
    // A late update changes nothing.
    const { update } = unwrap(
      await conversationObject(ConversationId.parse(id)).snapshot({ userId: bob.user.id }),
    );
    const late = {
      ...update,
      version: update.version - 1,
      peerRead: { readSeq: Position.parse(0), readAt: 0 },
    };
    await inboxObject(bob.user.id).applyUpdate(late);
    expect((await entry(bob, id)).peerRead?.readSeq).toBe(seq);
  });
});

describe("unread mentions of a member", () => {
  const sendMention = (who: SignedIn, id: number, mentions: unknown) =>
    send(who, id, { kind: "text", body: { text: "hey" }, mentions });

  test("are in the member's list, newest first, without hidden, revoked and read messages", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    const first = await sendMention(ann, id, [bob.user.id]);
    await sendMention(ann, id, [cem.user.id, ann.user.id]);
    await send(ann, id, "nobody");
    const all = await sendMention(cem, id, "all");
    const ofTwo = await sendMention(ann, id, [cem.user.id, bob.user.id]);
    const mentioned = [
      { seq: ofTwo.seq, senderId: ann.user.id, all: false },
      { seq: all.seq, senderId: cem.user.id, all: true },
      { seq: first.seq, senderId: ann.user.id, all: false },
    ];
    expect((await readStateOf(bob, id)).mentioned).toEqual(mentioned);
    await expect.poll(async () => (await entry(bob, id)).mentioned).toEqual(mentioned);
    // Sending a message marks all earlier ones as read.
    expect((await readStateOf(ann, id)).mentioned).toEqual([]);
    expect((await readStateOf(cem, id)).mentioned.map(({ seq }) => seq)).toEqual([ofTwo.seq]);

    await deleteMessage(bob, id, ofTwo.seq, "me");
    await deleteMessage(ann, id, first.seq, "everyone");
    await read(bob, id, 1);
    expect((await entry(bob, id)).mentioned).toEqual([mentioned[1]]);
    await read(bob, id, ofTwo.seq);
    expect((await entry(bob, id)).mentioned).toEqual([]);
  });

  test("match whole user ids, and are limited to the newest 20", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    for (let i = 0; i < 25; i++) await sendMention(ann, id, [cem.user.id]);
    const { mentioned } = await readStateOf(cem, id);
    expect(mentioned.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => 25 - i));
    expect((await readStateOf(bob, id)).mentioned).toEqual([]);
    await runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
      const near = [`[${bob.user.id}1]`, `[1${bob.user.id},5]`, `[5,1${bob.user.id}1]`];
      for (const [i, ids] of near.entries())
        storage.sql.exec("UPDATE messages SET mentions = ? WHERE seq = ?", ids, 25 - i);
    });
    expect((await readStateOf(bob, id)).mentioned).toEqual([]);
  });
});

test("a conversation can be removed from a list with its history or without", async () => {
  const { id } = await createGroup(ann, [bob]);
  const group = conversationObject(ConversationId.parse(id));
  const unlist = async (keepsHistory: boolean) =>
    unwrap(await group.deleteForMe({ userId: bob.user.id, keepsHistory }));
  const isListed = async () => (await list(bob, "?limit=100")).items.some((item) => item.id === id);
  await sendAll(ann, id, ["1", "2"]);
  await unlist(true);
  expect(await isListed()).toBe(false);
  expect(await getConversation(bob, id)).toMatchObject({ read_seq: 2, unread_count: 0 });
  expect((await page(bob, id)).items).toHaveLength(2);
  const before = await storedInConversation(id);
  await unlist(true);
  expect(await storedInConversation(id)).toBe(before);
  await evictDurableObject(group);
  await read(bob, id, 2);
  expect(await isListed()).toBe(false);
  await send(ann, id, "3");
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 1 });
  expect((await page(bob, id)).items).toHaveLength(3);
  await read(bob, id, 3);
  expect(await isListed()).toBe(true);
  await unlist(true);
  await unlist(false);
  expect([await isListed(), (await page(bob, id)).items]).toEqual([false, []]);
  expect((await page(ann, id)).items).toHaveLength(3);
  await send(bob, id, "4");
  expect((await page(bob, id)).items).toHaveLength(1);
});

test("a revoke deadline applies to the sender, not to the owner of the group", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  const group = conversationObject(ConversationId.parse(id));
  const revoke = ({ user }: SignedIn, seq: number, withinS: number) =>
    group.revokeWithin({ userId: user.id, seq: Seq.parse(seq), withinS });
  for (const who of [bob, bob, ann, bob]) await send(who, id, "text");
  await runInDurableObject(group, (_, { storage }) => {
    storage.sql.exec("UPDATE messages SET created_at = created_at - 120500 WHERE seq < 4");
  });
  expect(await revoke(bob, 1, 120)).toMatchObject({ ok: false, code: "too_late" });
  expect(await revoke(cem, 1, 120)).toMatchObject({ ok: false, code: "forbidden" });
  expect(await revoke(cem, 99, 120)).toMatchObject({ code: "not_found", data: { missing: "message" } });
  expect((await getMessage(ann, id, 1)).revoked).toBe(false);
  expect(await revoke(ann, 1, 120)).toMatchObject({ ok: true });
  for (const who of [ann, bob]) expect(await revoke(who, 1, 120)).toMatchObject({ code: "already_handled" });
  expect(await revoke(ann, 3, 120)).toMatchObject({ ok: true });
  expect(await revoke(bob, 4, 120)).toMatchObject({ ok: true });
  // The v1 API has no revoke deadline.
  expect((await deleteMessage(bob, id, 2, "everyone")).status).toBe(204);
  expect((await deleteMessage(bob, id, 2, "everyone")).status).toBe(204);
});
