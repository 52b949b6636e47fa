import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { BatchWait } from "../../../../src/object/batches/batch-wait.ts";
import { deleteAccount, deletedUser } from "../../../support/accounts/deletion.ts";
import { newSession, openDeviceSockets, openSocketSessions } from "../../../support/accounts/sessions.ts";
import { type Answer, call, PASSWORD, register, type SignedIn } from "../../../support/clients/api.ts";
import { ask, storedInInbox } from "../../../support/clients/chat.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { HeldMethod } from "../../../support/faults/hold.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  sessionOf,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let rooms: [ConversationId, ConversationId];

// A short hold: a socket that has sent nothing gets its first message at once.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 10 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  rooms = [await createGroupId(ann, bob), await createGroupId(bob, ann)];
});

/** Two device sockets, and a room socket for each conversation, of one session. */
async function bothKinds({ token }: SignedIn, ...ids: ConversationId[]): Promise<TestSocket[]> {
  return Promise.all([openDevice(token), openDevice(token), ...ids.map((id) => openRoom(id, token))]);
}

/** Expects sockets to be kicked with this reason, closed with 4001, and to get no later frame. */
async function expectKicked(sockets: TestSocket[], reason: string): Promise<void> {
  for (const socket of sockets) {
    expect((await socket.closed()).code).toBe(4001);
    expect(socket.of("kicked")).toEqual([{ type: "kicked", reason }]);
    expect(socket.frames.at(-1)?.type).toBe("kicked");
  }
}

/**
 * Expects sockets of a session (the first a device socket) to be open: a send is acknowledged and pushed to
 * the others.
 */
async function expectWorking(sockets: TestSocket[], id: ConversationId, content: string): Promise<void> {
  const [first] = sockets;
  first?.send({ ...textFrame(content, content), conversation_id: id });
  await first?.until(({ acks }) => acks.some(({ client_msg_id }) => client_msg_id === content));
  const hasContent = ({ body }: { body: Record<string, unknown> }) => body.text === content;
  for (const socket of sockets.slice(1)) await socket.until(({ messages }) => messages.some(hasContent));
}

/** Expects every room and device socket with this token to be refused with 401. */
async function expectNoUpgrade({ token }: SignedIn): Promise<void> {
  for (const path of [DEVICE_PATH, ...rooms.map((id) => roomPath(id))])
    expect((await upgrade(path, token)).status).toBe(401);
}

type Ending = (phone: SignedIn) => Promise<Answer>;

const ENDINGS: Record<string, Ending> = {
  "signing out": (phone) => call("POST", "/v1/logout", { token: phone.token }),
  "ending a session from another device": (phone) =>
    call("DELETE", `/v1/sessions/${sessionOf(phone)}`, { token: ann.token }),
  "changing the password": () =>
    call("POST", "/v1/me/password", { token: ann.token, body: { current: PASSWORD, next: "another one" } }),
};

test.each(Object.entries(ENDINGS))(
  "%s closes the session's room and device sockets, and no others",
  async (_, end) => {
    const phone = await newSession(ann);
    const ended = await bothKinds(phone, ...rooms);
    const otherSockets = await bothKinds(ann, ...rooms);
    const bobs = await bothKinds(bob, rooms[0]);
    expect((await end(phone)).status).toBe(204);
    // The call is answered after the sockets are closed.
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann), sessionOf(ann)]);
    await expectKicked(ended, "session_ended");
    await expectWorking(otherSockets.slice(0, 3), rooms[0], "one");
    await expectWorking([...otherSockets.slice(0, 2), ...otherSockets.slice(3)], rooms[1], "two");
    await expectWorking(bobs, rooms[0], "three");
    for (const socket of bobs.slice(0, 2)) await socket.until(({ messages }) => messages.length >= 2);
    await expectNoUpgrade(phone);
    for (const id of rooms)
      expect(await openSocketSessions(conversationObject(id))).not.toContain(sessionOf(phone));
    await expectKicked(ended, "session_ended");
  },
);

test.each(Object.entries(ENDINGS))(
  "%s closes room and device sockets of hibernating objects",
  async (_, end) => {
    const phone = await newSession(ann);
    const ended = await bothKinds(phone, ...rooms);
    const otherSockets = await bothKinds(ann, rooms[0]);
    for (const id of rooms) await evictDurableObject(conversationObject(id));
    await evictDurableObject(inboxObject(ann.user.id));
    expect((await end(phone)).status).toBe(204);
    await expectKicked(ended, "session_ended");
    await evictDurableObject(inboxObject(ann.user.id));
    await expectWorking(otherSockets, rooms[0], "still here");
    expect(await openDeviceSockets(ann)).toEqual([sessionOf(ann), sessionOf(ann)]);
  },
);

test("device sockets are closed at once, even if a conversation does not answer; its room sockets follow", async () => {
  const phone = await newSession(ann);
  const held = await HeldMethod.hold(rooms[0], "kick");
  const [device1, device2, slow, quick] = await bothKinds(phone, ...rooms);
  if (!device1 || !device2 || !slow || !quick) throw new Error("four were opened");
  const ended = call("POST", "/v1/logout", { token: phone.token });
  await expectKicked([device1, device2, quick], "session_ended");
  expect(slow.isOpen).toBe(true);
  await expectNoUpgrade(phone);
  held.release();
  expect((await ended).status).toBe(204);
  await expectKicked([slow], "session_ended");
});

test("a send that waits for more of its device is not passed on once the session has ended", async () => {
  const phone = await newSession(ann);
  const [device, other] = [await openDevice(phone.token), await openDevice(ann.token)];
  const bobs = await openRoom(rooms[0], bob.token);
  let endWait = () => {};
  using begun = vi.spyOn(BatchWait.prototype, "begin").mockImplementationOnce((_, onEnd) => {
    endWait = onEnd;
    return true;
  });
  device.send({ ...textFrame("too late", "too late"), conversation_id: rooms[0] });
  await expect.poll(() => begun.mock.calls.length).toBe(1);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  await expectKicked([device], "session_ended");
  await runInDurableObject(inboxObject(ann.user.id), () => endWait());
  // The sends of a user's devices to one conversation follow each other.
  await expectWorking([other, bobs], rooms[0], "next");
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(["next"]);
});

test.each([
  ["an ended session", "INSERT INTO ended_sessions VALUES (?, 9000000000000000)"],
  ["a deleted account", "UPDATE presence SET gone = 1 WHERE ? <> ''"],
])("an evicted inbox closes sockets of %s when it starts", async (_, sql) => {
  const phone = await newSession(ann);
  const sockets = [await openDevice(phone.token), await openDevice(phone.token, { halfOpen: true })];
  for (const socket of sockets) await socket.untilProcessed(rooms[0]);
  const inbox = inboxObject(ann.user.id);
  await runInDurableObject(inbox, (_, { storage }) => {
    storage.sql.exec(sql, sessionOf(phone));
  });
  await evictDurableObject(inbox);
  expect(await openDeviceSockets(ann)).toEqual([]);
  await expectKicked(sockets, "session_ended");
});

test("of three concurrent password changes one succeeds, and only its session's sockets stay open", async () => {
  const sessions = [ann, await newSession(ann), await newSession(ann)];
  const sockets = await Promise.all(sessions.map((session) => bothKinds(session, ...rooms)));
  const change = ({ token }: SignedIn, i: number) =>
    call("POST", "/v1/me/password", { token, body: { current: PASSWORD, next: `another one ${i}` } });
  const answers = await Promise.all(sessions.map(change));
  const winner = answers.findIndex(({ status }) => status === 204);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  for (const [i, of] of sockets.entries()) {
    if (i !== winner) await expectKicked(of, "session_ended");
    else await expectWorking(of.slice(0, 3), rooms[0], "won");
  }
});

test("a wrong current password closes no socket", async () => {
  const phone = await newSession(ann);
  const sockets = await bothKinds(phone, rooms[0]);
  const body = { current: "not the password", next: "another one" };
  expect((await call("POST", "/v1/me/password", { token: ann.token, body })).status).toBe(403);
  await expectWorking(sockets, rooms[0], "still here");
});

const EXITS: Record<string, { reason: string; event: string; go: (id: ConversationId) => Promise<Answer> }> =
  {
    "removing a member": {
      ...{ reason: "removed", event: "removed" },
      go: (id) => ask(bob, id, "DELETE", `/members/${ann.user.id}`),
    },
    leaving: {
      ...{ reason: "left", event: "left" },
      go: (id) => ask(ann, id, "POST", "/leave"),
    },
    "dissolving the group": {
      ...{ reason: "dissolved", event: "dissolved" },
      go: (id) => ask(bob, id, "DELETE", ""),
    },
  };

test.each(Object.entries(EXITS))(
  "%s closes the former member's room sockets; their device sockets get the event and stay open",
  async (_, { reason, event, go }) => {
    const [remaining, exited] = rooms;
    const [device1, device2, otherSockets, closed] = await bothKinds(ann, remaining, exited);
    if (!device1 || !device2 || !otherSockets || !closed) throw new Error("four were opened");
    expect((await go(exited)).status).toBe(204);
    await expectKicked([closed], reason);
    const user_ids = reason === "dissolved" ? [] : [ann.user.id];
    const by = reason === "removed" && { actor_id: bob.user.id };
    for (const device of [device1, device2]) {
      await device.until((socket) => socket.of("member").length > 0);
      expect(device.of("member")).toEqual([
        { type: "member", conversation_id: exited, event, user_ids, ...by },
      ]);
    }
    await expectWorking([device1, device2, otherSockets], remaining, "still here");
    device1.send({ ...textFrame("to a closed door", "late"), conversation_id: exited });
    await device1.until((socket) => socket.of("error").length > 0);
    expect(device1.of("error")).toMatchObject([
      { code: "not_found", conversation_id: exited, client_msg_id: "late" },
    ]);
    expect(device1.of("kicked")).toEqual([]);
  },
);

test("deleting an account closes all its sockets, lets none open, and empties the inbox", async () => {
  const phone = await newSession(ann);
  for (const i of range(1, 3)) await postText(rooms[0], bob, `${i}`);
  expect((await ask(ann, rooms[0], "DELETE", "")).status).toBe(204);
  const sockets = [...(await bothKinds(ann, rooms[1])), ...(await bothKinds(phone, rooms[1]))];
  const bobs = await bothKinds(bob, rooms[1]);
  await expectWorking(sockets, rooms[1], "my last words");
  expect((await deleteAccount(ann)).status).toBe(204);
  await expectKicked(sockets, "session_ended");
  await expectWorking(bobs, rooms[1], "gone");
  for (const session of [ann, phone]) await expectNoUpgrade(session);
  await evictDurableObject(inboxObject(ann.user.id));
  expect(await openDeviceSockets(ann)).toEqual([]);
  const { conversations, device_cursors, presence } = JSON.parse(await storedInInbox(ann));
  expect({ conversations, device_cursors, presence }).toMatchObject({
    ...{ conversations: [], device_cursors: [] },
    presence: [{ gone: 1, online: 0 }],
  });
  const [own] = bobs[0]?.messages.filter(({ body }) => body.text === "my last words") ?? [];
  expect(own).toBeDefined();
  const systemMessage = bobs[0]?.messages.find(({ kind }) => kind === "tip");
  expect(systemMessage?.sender).toEqual(deletedUser(ann));
});
