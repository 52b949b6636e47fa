import { runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, expectAsked, send } from "../../support/clients/chat.ts";
import { seqsKnownTo, untilFrame } from "../../support/clients/device-frames.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { failingRelay, relayObject } from "../../support/faults/relays.ts";
import {
  conversationObject,
  createGroupId,
  evictRunning,
  itemAt,
  loseConversation,
  postText,
  range,
  textFrame,
  untilShownOnline,
} from "../../support/objects/room.ts";
import { setCrowdMembers, setLiveMembers } from "../../support/settings.ts";

/** Ann, who owns the group, and nine others. */
let ann: SignedIn;
let others: SignedIn[];
let id: ConversationId;
/** Ann's, in the object of the conversation. */
let first: TestSocket;

// More than four members are a crowd, and relays hold all sockets but the first one.
beforeAll(() => setCrowdMembers(4));
beforeAll(() => setLiveMembers(1));

beforeEach(async () => {
  const users = await registerUsers(10);
  [ann, ...others] = [itemAt(users, 0), ...users.slice(1)];
  id = await createGroupId(ann, ...others);
  first = await openRoom(id, ann.token);
});

/** Opens a socket with all messages. */
async function viewer(user: SignedIn): Promise<TestSocket> {
  const socket = await openRoom(id, user.token, "?after=0&rev=0");
  await socket.next("synced");
  return socket;
}

/** The seqs of a socket's messages and acks, in order of arrival. */
function seqsOf(socket: TestSocket): number[] {
  return seqsKnownTo(socket, id);
}

/** Waits until the frames of a socket have this text. */
function untilShown(socket: TestSocket, text: string): Promise<void> {
  return socket.until(({ frames }) => JSON.stringify(frames).includes(text));
}

/** Waits until a socket has the messages up to this seq, each once and in order. */
async function untilComplete(socket: TestSocket, seq: number): Promise<void> {
  await socket.until(() => seqsOf(socket).includes(seq));
  expect(seqsOf(socket)).toEqual(range(1, seq));
}

/** The newest message that the conversation knows all relays to have. */
function toldUpTo(): Promise<unknown> {
  return runInDurableObject(
    conversationObject(id),
    (_, { storage }) => storage.sql.exec("SELECT seq FROM relays_told").toArray()[0]?.seq,
  );
}

/** The number of sockets in the relay of a user. */
function held(user: SignedIn): Promise<number> {
  return runInDurableObject(relayObject(id, user), (_, state) => state.getWebSockets().length);
}

test("who looks gets each message once and in order, and acks behind the messages before", async () => {
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  await postText(id, ann, "before");
  const [bobs, second, cids] = await Promise.all([viewer(bob), viewer(bob), viewer(cid)]);
  expect(await held(bob)).toBe(2);
  for (const text of ["a", "b", "c"]) bobs.send(textFrame(text, `bob-${text}`));
  for (const text of ["d", "e"]) cids.send(textFrame(text));
  await postText(id, ann, "after");
  await untilComplete(second, 7);
  for (const socket of [bobs, cids]) {
    await socket.until(() => seqsOf(socket).length === 7);
    expect(seqsOf(socket).toSorted()).toEqual(range(1, 7));
  }
  for (const [socket, count] of [
    [bobs, 3],
    [second, 0],
    [cids, 2],
  ] as const)
    expect(
      socket.frames.flatMap(({ type, items }) => (type === "ack" ? [0] : type === "acks" ? items : [])),
    ).toHaveLength(count);
  bobs.send(textFrame("a", "bob-a"));
  await untilFrame(bobs, { type: "ack", client_msg_id: "bob-a" });
  bobs.send({ type: "send", kind: "text", body: {}, client_msg_id: "bad" });
  await untilFrame(bobs, { type: "error", client_msg_id: "bad" });
});

test("changes, reactions and own read positions reach whom they concern", async () => {
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  const { seq } = await send(ann, id, { kind: "text", body: { text: "one" } });
  const [bobs, cids] = await Promise.all([viewer(bob), viewer(cid)]);
  await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/:ok:`);
  await untilShown(bobs, '"mine":[":ok:"]');
  const seen = await untilFrame(cids, { type: "changed" });
  expect(JSON.stringify(seen)).not.toContain('"mine"');
  await expectAsked(ann, id, "PATCH", `/messages/${seq}`, { body: { text: "two" }, base_version: 1 });
  await untilShown(cids, '"text":"two"');
  cids.send({ type: "read", seq });
  await expectAsked(cid, id, "PUT", "/preferences", { sticky: true });
  await untilShown(cids, '"sticky":true');
  expect(bobs.of("read")).toEqual([]);
  await expectAsked(ann, id, "PATCH", "", { name: "Another name" });
  for (const socket of [bobs, cids]) await untilShown(socket, '"name":"Another name"');
  expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
  for (const socket of [bobs, cids]) await untilFrame(socket, { type: "revoked", seq });
});

test("a member hears of a message that they hide once their socket has loaded a page", async () => {
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  const one = await send(ann, id, { kind: "text", body: { text: "one" } });
  const two = await send(ann, id, { kind: "text", body: { text: "two" } });
  // With a socket in a relay the conversation keeps a position of its own for relays.
  await viewer(cid);
  expect((await deleteMessage(bob, id, one.seq, "me")).status).toBe(204);
  // The page has that change, of which relays are told nothing else.
  const bobs = await viewer(bob);
  expect(await held(bob)).toBe(1);
  expect((await deleteMessage(bob, id, two.seq, "me")).status).toBe(204);
  await postText(id, ann, "behind it");
  await untilShown(bobs, "behind it");
  expect(bobs.of("hidden")).toMatchObject([{ seq: one.seq }, { seq: two.seq }]);
});

test("who may not look any more is not told anything more", async () => {
  const [bob, cid, dan] = [itemAt(others, 0), itemAt(others, 1), itemAt(others, 2)];
  const [bobs, cids, dans] = await Promise.all([viewer(bob), viewer(cid), viewer(dan)]);
  await expectAsked(ann, id, "DELETE", `/members/${bob.user.id}`);
  expect(await bobs.closed()).toMatchObject({ code: 4001, reason: "removed" });
  expect((await call("POST", "/v1/logout", { token: cid.token })).status).toBe(204);
  expect(await cids.closed()).toMatchObject({ code: 4001, reason: "session_ended" });
  await postText(id, ann, "not for them");
  await dans.until(() => seqsOf(dans).length > 0);
  for (const socket of [bobs, cids]) expect(JSON.stringify(socket.frames)).not.toContain("not for them");
  const stranger = itemAt(await registerUsers(1), 0);
  await expect(viewer(stranger)).rejects.toThrow("404");
});

test("a session with sockets in the object and in a relay is known until the last one closes", async () => {
  const bob = itemAt(others, 0);
  const bobs = await viewer(bob);
  await untilShownOnline(bob, true);
  bobs.close();
  await untilShownOnline(bob, false);
  const anns = await viewer(ann);
  first.close();
  const open = (_: unknown, state: DurableObjectState) => state.getWebSockets().length;
  await expect.poll(() => runInDurableObject(conversationObject(id), open)).toBe(0);
  expect((await call("POST", "/v1/logout", { token: ann.token })).status).toBe(204);
  expect(await anns.closed()).toMatchObject({ code: 4001, reason: "session_ended" });
});

describe("nothing is lost and nothing comes twice", () => {
  test("when relay and conversation sleep", async () => {
    const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
    const [bobs, cids] = await Promise.all([viewer(bob), viewer(cid)]);
    for (const n of range(1, 4)) {
      await postText(id, ann, `${n}`);
      for (const socket of [bobs, cids]) await untilComplete(socket, n);
      await expect.poll(toldUpTo).toBe(n);
      await evictRunning(relayObject(id, bob));
      await evictRunning(conversationObject(id));
    }
    cids.send(textFrame("awake"));
    for (const socket of [bobs, cids]) await untilComplete(socket, 5);
  });

  test("when the conversation crashes", async () => {
    const viewers = await Promise.all(others.slice(0, 4).map(viewer));
    for (const n of range(1, 5)) {
      await postText(id, ann, `${n}`);
      await loseConversation(id);
    }
    await postText(id, ann, "last");
    for (const socket of viewers) await untilComplete(socket, 6);
  });

  test("when calls of a relay fail", async () => {
    const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
    const [bobs, cids] = await Promise.all([viewer(bob), viewer(cid)]);
    using failing = failingRelay(id, bob);
    await postText(id, ann, "1");
    await untilComplete(cids, 1);
    await postText(id, ann, "2");
    await expectAsked(ann, id, "DELETE", `/members/${itemAt(others, 5).user.id}`);
    await expect.poll(() => failing.calls).toBeGreaterThan(1);
    failing.isOver = true;
    await untilComplete(bobs, 3);
    await untilComplete(cids, 3);
  });
});

test("a member hears of no change of a message that they do not see", async () => {
  const [bob, zoe] = [itemAt(others, 0), itemAt(await registerUsers(1), 0)];
  const { seq } = await send(ann, id, { kind: "text", body: { text: "secret" } });
  await expectAsked(ann, id, "POST", "/members", { user_ids: [zoe.user.id] });
  const [bobs, zoes] = await Promise.all([viewer(bob), viewer(zoe)]);
  const edit = { body: { text: "still secret" }, base_version: 1 };
  await expectAsked(ann, id, "PATCH", `/messages/${seq}`, edit);
  await send(ann, id, { kind: "text", body: { text: "answer" }, quote_seq: seq });
  for (const socket of [bobs, zoes]) await socket.until(() => seqsOf(socket).includes(seq + 2));
  expect(JSON.stringify(bobs.frames)).toContain("still secret");
  expect(JSON.stringify(zoes.frames)).not.toContain("secret");
});
