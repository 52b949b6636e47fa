import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  expectAsked,
  getConversation,
  listedConversation,
  openDirect,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, follow, followed } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent } from "../../support/objects/assert-consistent.ts";
import { conversationObject, inboxObject, itemAt } from "../../support/objects/room.ts";
import { setLiveMembers } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10, crowdedCooldownMs: 10 }, deviceFeed: { holdMs: 1 } }));

beforeEach(async () => {
  [ann, bob, cem] = await signedInUsers(3);
});

/** A group in which Ann has sent four messages, of which Bob has read the first, and Cem all. */
async function group(): Promise<ConversationId> {
  const { id } = await createGroup(ann, [bob, cem]);
  await sendAll(ann, id, ["1", "2", "3", "4"]);
  await expectAsked(bob, id, "PUT", "/read", { seq: 1 });
  await expectAsked(cem, id, "PUT", "/read", { seq: 4 });
  return ConversationId.parse(id);
}

const revoke = async (id: number, seq: number, who = ann) =>
  expect((await deleteMessage(who, id, seq, "everyone")).status).toBe(204);
const markUnread = ({ token }: SignedIn, id: number, seq: number) =>
  ask({ token }, id, "PUT", "/read", { seq, unread: true });

/** Expects the unread count in the conversation, in the list and in the sum over it. */
async function expectUnread(who: SignedIn, id: number, count: number): Promise<void> {
  expect((await getConversation(who, id)).unread_count).toBe(count);
  await eventually(async () => {
    expect((await listedConversation(who, id)).unread_count).toBe(count);
    const totals = await call("GET", "/v1/me/unread", { token: who.token });
    expect(totals.body).toMatchObject({ unread_count: count });
  });
}

test("counts stay right over evictions and a repair of the list", async () => {
  const id = await group();
  await revoke(id, 2);
  const evict = async () => {
    await evictDurableObject(conversationObject(id));
    await evictDurableObject(inboxObject(bob.user.id));
  };
  await evict();
  await expectUnread(bob, id, 2);
  await revoke(id, 4);
  await expectUnread(bob, id, 1);
  await evict();
  await runInDurableObject(inboxObject(bob.user.id), (_, { storage }) => {
    storage.sql.exec("UPDATE conversations SET read_n = 0");
  });
  expect((await call("POST", "/v1/me/repair", { token: bob.token })).status).toBe(200);
  await expectUnread(bob, id, 1);
  await eventually(() => assertConsistent(id));
});

test("a message cannot be marked unread if nothing would be unread from it on", async () => {
  const id = await group();
  const own = await send(bob, id, "own");
  expectProblem(await markUnread(bob, id, own.seq), 400, "validation_failed");
  await revoke(id, 4);
  expectProblem(await markUnread(bob, id, 4), 400, "validation_failed");
  await expectUnread(bob, id, 0);
  expect((await markUnread(bob, id, 3)).body).toMatchObject({ unread_count: 1, unread_from: 3 });
  // A refusal leaves a mark where it is.
  expectProblem(await markUnread(bob, id, own.seq), 400, "validation_failed");
  await expectUnread(bob, id, 1);
});

test("a socket and a device are told the count when an unread message is revoked, and no others are", async () => {
  const id = await group();
  const sockets = [await openRoom(id, bob.token), await openDevice(bob.token)];
  const others = [await openRoom(id, cem.token), await openDevice(cem.token)];
  const told = { type: "read", conversation_id: id, user_id: bob.user.id, seq: 1, last_seq: 4 };
  await revoke(id, 3);
  for (const socket of sockets) expect(await socket.next("read")).toEqual({ ...told, unread_count: 2 });
  await revoke(id, 1);
  await revoke(id, 2);
  for (const socket of sockets) expect(await socket.next("read")).toEqual({ ...told, unread_count: 1 });
  await send(ann, id, "5");
  for (const socket of [...sockets, ...others]) {
    await socket.until(({ seqs }) => seqs.includes(5));
    expect(socket.of("read").filter(({ user_id }) => user_id !== bob.user.id)).toEqual([]);
  }
  for (const socket of others) expect(socket.of("read")).toEqual([]);
  for (const socket of [...sockets, ...others]) socket.close();
});

test("the devices of a crowded group are told the count", async () => {
  onTestFinished(setLiveMembers(1));
  const { id } = await createGroup(ann, [bob, cem]);
  const devices = await Promise.all([bob, cem].map(({ token }) => openDevice(token)));
  await sendAll(ann, id, ["1", "2", "3"]);
  await eventually(() => {
    for (const device of devices) expect(device.of("activity").at(-1)).toMatchObject({ unread_count: 3 });
  });
  await revoke(id, 2);
  const counts = ["activity", "read"];
  await eventually(() => {
    for (const { frames } of devices)
      expect(frames.filter(({ type }) => counts.includes(type)).at(-1)).toMatchObject({ unread_count: 2 });
  });
  for (const device of devices) device.close();
});

test("a revoked thread-only reply is unread to no follower", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  const root = await send(ann, id, "root");
  for (const who of [bob, cem]) await follow(who, id, root.seq);
  const replies = [];
  for (const text of ["1", "2", "3"]) replies.push(await send(ann, id, aside(root.seq, text)));
  const [first, second, third] = [itemAt(replies, 0), itemAt(replies, 1), itemAt(replies, 2)];
  await expectAsked(bob, id, "PUT", `/threads/${root.seq}/read`, { seq: first.seq });
  const device = await openDevice(bob.token);
  const room = await openRoom(id, bob.token, "?threads=all");
  const expectThreads = async (who: SignedIn, count: number) => {
    expect((await getConversation(who, id)).threads_unread).toBe(count);
    expect((await followed(who, id)).items.map((thread) => thread.unread_count)).toEqual([count]);
    await eventually(async () => expect((await listedConversation(who, id)).threads_unread).toBe(count));
  };
  await expectThreads(cem, 3);
  await revoke(id, second.seq);
  for (const socket of [device, room])
    expect(await socket.next("thread_read")).toEqual({
      ...{ type: "thread_read", conversation_id: id, root: root.seq, following: true },
      ...{ read_seq: first.seq, unread_count: 1, threads_unread: 1, last_seq: third.seq },
    });
  await revoke(id, first.seq);
  await expectThreads(bob, 1);
  await expectThreads(cem, 1);
  await evictDurableObject(conversationObject(ConversationId.parse(id)));
  await expectThreads(cem, 1);
  await send(ann, id, aside(root.seq, "4"));
  await expectThreads(bob, 2);
  // What is unread in the main stream is counted apart.
  expect((await getConversation(bob, id)).unread_count).toBe(1);
  for (const socket of [device, room]) socket.close();
  await eventually(() => assertConsistent(ConversationId.parse(id)));
});

test.each(DRIVERS.flatMap((driver) => (driver.unread ? [driver] : [])))(
  "$name shows the count without revoked messages",
  async ({ unread }) => {
    if (!unread) throw new Error("it shows unread counts");
    const { id } = await openDirect(ann, bob);
    await sendAll(ann, id, ["1", "2", "3"]);
    await revoke(id, 2);
    await expect.poll(() => unread(bob, ConversationId.parse(id))).toBe(2);
  },
);
