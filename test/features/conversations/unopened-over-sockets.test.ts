import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { untilCaughtUp } from "../../support/accounts/presence.ts";
import { expectProblem, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, list, openDirect, openForSelf, send } from "../../support/clients/chat.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  readRefusal,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { intercept, loseCall } from "../../support/faults/calls.ts";
import { inboxObject, range, signInAgain, textFrame } from "../../support/objects/room.ts";
import { signed } from "../../surfaces/usersig/client.ts";
import { connect, shownOnce } from "../../surfaces/usersig/socket.ts";

// A direct conversation without messages, which Ann has opened and Bob has not, as sockets meet it.
let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  ({ id } = await openForSelf(ann, bob));
});

const listedIds = async (who: SignedIn) => (await list(who)).items.map((item) => item.id);

/** The rows of the conversation in a user's inbox. */
const rowsInInbox = (who: SignedIn) =>
  runInDurableObject(inboxObject(UserId.parse(who.user.id)), (_, { storage }) =>
    storage.sql.exec("SELECT * FROM conversations WHERE conversation_id = ?", id).toArray(),
  );

/** The commands of a device other than sends. */
const commands = () => [
  { type: "sync", conversation_id: id, after: 0 },
  { type: "read", conversation_id: id, seq: 0 },
  { type: "typing", conversation_id: id },
  { type: "focus", conversation_id: id },
];

describe("a message that the other user's device sends to it", () => {
  const texts = (count: number, name: string) => range(1, count).map((n) => `${name} ${n}`);
  const drafts = (names: string[]) =>
    names.map((name) => ({ ...textFrame(name, name), conversation_id: id }));
  const shown = (socket: TestSocket) => socket.messages.map(({ seq, body }) => [seq, body.text]);

  /** Sends in one frame, or in a frame each. */
  function sendFrom(socket: TestSocket, names: string[], together: boolean) {
    if (together) socket.send({ type: "sends", items: drafts(names) });
    else for (const draft of drafts(names)) socket.send(draft);
  }

  async function openFour() {
    const [phone, second] = [await signInAgain(bob), await signInAgain(ann)];
    return {
      bobs: await openDevice(bob.token),
      bobsOther: await openDevice(phone.token),
      anns: await openDevice(ann.token),
      annsOther: await openDevice(second.token),
    };
  }

  test.each([
    ["one", 1, false],
    ["two, a frame each,", 2, false],
    ["64 in one frame", 64, true],
  ])("opens it: %s", async (_, count, together) => {
    const { bobs, bobsOther, anns, annsOther } = await openFour();
    const names = texts(count, "bob");
    sendFrom(bobs, names, together);
    const expected = names.map((name, i) => [i + 1, name]);
    for (const socket of [bobsOther, anns, annsOther]) {
      await socket.until(({ seqs }) => seqs.length >= count);
      expect(shown(socket)).toEqual(expected);
    }
    await bobs.until(({ acks }) => acks.length >= count);
    expect(bobs.acks.map((ack) => [ack.seq, ack.client_msg_id])).toEqual(expected);
    expect((await list(bob)).items).toMatchObject([{ id, last_seq: count, unread_count: 0 }]);
    await eventually(async () => {
      expect((await list(ann)).items).toMatchObject([{ id, last_seq: count, unread_count: count }]);
    });
    // All devices are subscribed from now on: typing, too, is for connected devices alone.
    anns.send({ type: "typing", conversation_id: id });
    for (const socket of [bobs, bobsOther]) {
      expect(await socket.next("typing")).toMatchObject({ conversation_id: id, user_id: ann.user.id });
    }
    const later = await send(ann, id, "later");
    sendFrom(bobs, ["last"], false);
    for (const socket of [bobsOther, anns, annsOther]) {
      await socket.until(({ seqs }) => seqs.length >= count + 2);
      expect(shown(socket)).toEqual([...expected, [later.seq, "later"], [count + 2, "last"]]);
    }
    await bobs.until(({ acks }) => acks.length > count);
    expect(shown(bobs)).toEqual([[later.seq, "later"]]);
    for (const socket of [bobs, bobsOther, anns, annsOther]) expect(socket.of("error")).toEqual([]);
  });

  test.each([1, 2, 64])("opens it while its opener sends too: %i each", async (count) => {
    const { bobs, bobsOther, anns, annsOther } = await openFour();
    const [fromBob, fromAnn] = [texts(count, "bob"), texts(count, "ann")];
    sendFrom(bobs, fromBob, true);
    sendFrom(anns, fromAnn, true);
    for (const socket of [bobsOther, annsOther]) await socket.until(({ seqs }) => seqs.length >= 2 * count);
    for (const socket of [bobs, anns]) {
      await socket.until(({ acks, seqs }) => acks.length >= count && seqs.length >= count);
    }
    const all = shown(bobsOther);
    expect(all.map(([seq]) => seq)).toEqual(range(1, 2 * count));
    expect(shown(annsOther)).toEqual(all);
    const by = (name: string) => all.filter(([, text]) => String(text).startsWith(name));
    expect([by("bob"), by("ann")].map((one) => one.map(([, text]) => text))).toEqual([fromBob, fromAnn]);
    for (const [socket, own, other] of [
      [bobs, "bob", "ann"],
      [anns, "ann", "bob"],
    ] as const) {
      expect(shown(socket)).toEqual(by(other));
      expect(socket.acks.map((ack) => [ack.seq, ack.client_msg_id])).toEqual(by(own));
    }
    // A sender has read everything up to their own message.
    for (const [who, own] of [
      [bob, "bob"],
      [ann, "ann"],
    ] as const) {
      const unread_count = 2 * count - Number(by(own).at(-1)?.[0]);
      await eventually(async () => {
        expect((await list(who)).items).toMatchObject([{ id, last_seq: 2 * count, unread_count }]);
      });
    }
  });

  test.each([
    ["sendFromDevice", "call"],
    ["sendFromDevice", "answer"],
    ["replay", "call"],
    ["replay", "answer"],
    ["applyUpdate", "call"],
    ["applyUpdate", "answer"],
  ] as const)("opens it once although a call is lost: %s, the %s", async (method, loss) => {
    const { bobs, bobsOther, anns, annsOther } = await openFour();
    {
      using lost = loseCall(1, loss, (one) => one.method === method);
      for (let tries = 0; bobs.acks.length === 0; tries++) {
        sendFrom(bobs, ["hello"], false);
        await bobs.until((socket) => socket.acks.length + socket.of("error").length > tries);
      }
      await eventually(() => expect(lost.isHit).toBe(true));
    }
    expect(bobs.acks.map(({ seq }) => seq)).toEqual([1]);
    const { seq } = await send(ann, id, "later");
    for (const socket of [bobsOther, anns, annsOther]) {
      await socket.until(({ seqs }) => seqs.includes(seq));
      expect(socket.seqs).toEqual([1, 2]);
    }
    await eventually(async () => {
      expect((await list(bob)).items).toMatchObject([{ id, last_seq: 2, unread_count: 1 }]);
    });
  });

  test("opens it as a forward, and is acknowledged with the message", async () => {
    const { id: source } = await createGroup(bob);
    const { seq } = await send(bob, source, "from elsewhere");
    const bobs = acceptSocket(await upgrade(`${DEVICE_PATH}?echo=message`, bob.token));
    const anns = await openDevice(ann.token);
    const forward = { conversation_id: source, seq };
    bobs.send({ type: "send", conversation_id: id, client_msg_id: "one", forward });
    const ack = await bobs.next("ack");
    expect(ack).toMatchObject({ seq: 1, message: { seq: 1, body: { text: "from elsewhere" } } });
    await anns.until(({ seqs }) => seqs.length === 1);
    expect(await listedIds(bob)).toEqual([id, source]);
  });

  test("is stored once, however often it is repeated", async () => {
    const { bobs, bobsOther } = await openFour();
    for (let i = 0; i < 3; i++) sendFrom(bobs, ["once"], false);
    await bobs.until(({ acks }) => acks.length === 3);
    expect(bobs.acks.map(({ seq }) => seq)).toEqual([1, 1, 1]);
    await send(ann, id, "two");
    await bobsOther.until(({ seqs }) => seqs.includes(2));
    expect(bobsOther.seqs).toEqual([1, 2]);
  });

  test("opens it over usersig", async () => {
    const [bobs, bobsV1] = [await connect(signed(bob)), await openDevice((await signInAgain(bob)).token)];
    const anns = await openDevice(ann.token);
    for (const content of ["one", "two"]) bobs.send({ to_session: String(id), content });
    await shownOnce(bobs, 2);
    await send(ann, id, "three");
    const frames = await shownOnce(bobs, 3);
    expect(frames.map(({ type, content }) => [type, content])).toEqual([
      ["MESSAGE_SEND_SUCCESS", "one"],
      ["MESSAGE_SEND_SUCCESS", "two"],
      ["MESSAGE_RECEIVED", "three"],
    ]);
    await bobsV1.until(({ seqs }) => seqs.length === 3);
    await anns.until(({ seqs }) => seqs.length === 3);
    expect([bobsV1.seqs, anns.seqs]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("leaves it hidden if it is refused", async () => {
    await expectFriendCall("PUT blocks", ann, bob);
    const bobs = await openDevice(bob.token);
    sendFrom(bobs, ["refused"], false);
    expect(await bobs.next("error")).toMatchObject({ code: "blocked", client_msg_id: "refused" });
    expect(await listedIds(bob)).toEqual([]);
    expect(await rowsInInbox(bob)).toEqual([]);
    for (const frame of commands()) {
      bobs.send(frame);
      expect(await bobs.next("error")).toMatchObject({ code: "not_found", conversation_id: id });
    }
    await expectFriendCall("DELETE blocks", ann, bob);
    sendFrom(bobs, ["taken"], false);
    await bobs.until(({ acks }) => acks.length === 1);
    expect(await listedIds(bob)).toEqual([id]);
  });
});

test("does not exist for the other user's sockets, except for sends", async () => {
  expectProblem(await readRefusal(await upgrade(roomPath(id), bob.token)), 404, "not_found");
  const bobs = await openDevice(bob.token);
  for (const frame of commands()) {
    bobs.send(frame);
    expect(await bobs.next("error")).toMatchObject({ code: "not_found", conversation_id: id });
  }
  expect(await rowsInInbox(bob)).toEqual([]);
});

test("a stranger's sends are not_found wherever they go, for one call, and subscribe nobody", async () => {
  const [cas, dan] = await registerUsers(2);
  const group = (await createGroup(ann, [bob])).id;
  const { id: opened } = await openDirect(ann, dan);
  const missing = 4_000_000_000;
  const socket = await openDevice(cas.token);
  const calls: { to: number; answer: unknown }[] = [];
  using _ = intercept(async (one) => {
    const answer = await one.work();
    if (one.to === "CONVERSATION") calls.push({ to: one.id, answer });
    return answer;
  });
  const ids = [id, opened, group, missing];
  for (const conversation_id of ids) {
    const items = ["one", "two"].map((name) => ({ ...textFrame(name, name), conversation_id }));
    socket.send({ type: "sends", items });
    await socket.until(
      (frames) => frames.of("error").filter((e) => e.conversation_id === conversation_id).length === 2,
    );
  }
  const errors = socket.of("error").map(({ conversation_id: __, ...error }) => JSON.stringify(error));
  expect(new Set(errors).size).toBe(2);
  expect(socket.of("error").every(({ code }) => code === "not_found")).toBe(true);
  // The call itself is refused: the drafts do not reach the send queue.
  const refusal = expect.objectContaining({ ok: false, code: "not_found" });
  expect(calls).toEqual(ids.map((to) => ({ to, answer: refusal })));
  expect(await listedIds(cas)).toEqual([]);
  await send(ann, group, "not for strangers");
  await untilCaughtUp(socket, cas, await register());
  expect(socket.messages).toEqual([]);
});
