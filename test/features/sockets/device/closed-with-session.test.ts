import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { deleteAccount, gone } from "../../../support/accounts/deletion.ts";
import { newSession, openDevices, openSockets } from "../../../support/accounts/sessions.ts";
import { type Answer, call, PASSWORD, register, type SignedIn } from "../../../support/clients/api.ts";
import { storedInInbox } from "../../../support/clients/chat.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { HeldCalls } from "../../../support/faults/hold.ts";
import {
  conversationObject,
  inboxObject,
  newGroup,
  post,
  range,
  sessionOf,
  text,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let rooms: [ConversationId, ConversationId];

// A socket that has said nothing yet is shown its first message at once.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 10 } }));

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  rooms = [await newGroup(ann, bob), await newGroup(bob, ann)];
});

/** A socket of each kind, of one session. */
async function bothKinds({ token }: SignedIn, ...ids: ConversationId[]): Promise<TestSocket[]> {
  return Promise.all([openDevice(token), openDevice(token), ...ids.map((id) => openRoom(id, token))]);
}

/** Asserts that the server says why, and closes, and that nothing comes after it. */
async function kicked(sockets: TestSocket[], reason: string): Promise<void> {
  for (const socket of sockets) {
    expect((await socket.closed()).code).toBe(4001);
    expect(socket.of("kicked")).toEqual([{ type: "kicked", reason }]);
    expect(socket.frames.at(-1)?.type).toBe("kicked");
  }
}

/** Asserts that sockets of a session, the first one a device's, are open, are told, and can send. */
async function goOn(sockets: TestSocket[], id: ConversationId, content: string): Promise<void> {
  const [first] = sockets;
  first?.send({ ...text(content, content), conversation_id: id });
  await first?.until(({ acks }) => acks.some(({ client_msg_id }) => client_msg_id === content));
  const isIt = ({ body }: { body: Record<string, unknown> }) => body.text === content;
  for (const socket of sockets.slice(1)) await socket.until(({ messages }) => messages.some(isIt));
}

/** Asserts that no socket of either kind opens with this token. */
async function shutOut({ token }: SignedIn): Promise<void> {
  for (const path of [DEVICE_PATH, ...rooms.map((id) => roomPath(id))])
    expect((await upgrade(path, token)).status).toBe(401);
}

type Ending = (phone: SignedIn) => Promise<Answer>;

const ENDINGS: Record<string, Ending> = {
  "a logout": (phone) => call("POST", "/v1/logout", { token: phone.token }),
  "the end of a session from another device": (phone) =>
    call("DELETE", `/v1/sessions/${sessionOf(phone)}`, { token: ann.token }),
  "a change of the password": () =>
    call("POST", "/v1/me/password", { token: ann.token, body: { current: PASSWORD, next: "another one" } }),
};

test.each(Object.entries(ENDINGS))(
  "%s closes the session's sockets of both kinds, and no others",
  async (_, end) => {
    const phone = await newSession(ann);
    const ended = await bothKinds(phone, ...rooms);
    const kept = await bothKinds(ann, ...rooms);
    const bobs = await bothKinds(bob, rooms[0]);
    expect((await end(phone)).status).toBe(204);
    // The answer comes when they are closed, not some time before.
    expect(await openDevices(ann)).toEqual([sessionOf(ann), sessionOf(ann)]);
    await kicked(ended, "session_ended");
    await goOn(kept.slice(0, 3), rooms[0], "one");
    await goOn([...kept.slice(0, 2), ...kept.slice(3)], rooms[1], "two");
    await goOn(bobs, rooms[0], "three");
    for (const socket of bobs.slice(0, 2)) await socket.until(({ messages }) => messages.length >= 2);
    await shutOut(phone);
    for (const id of rooms) expect(await openSockets(conversationObject(id))).not.toContain(sessionOf(phone));
    await kicked(ended, "session_ended");
  },
);

test.each(Object.entries(ENDINGS))("%s finds sockets of both kinds that sleep", async (_, end) => {
  const phone = await newSession(ann);
  const ended = await bothKinds(phone, ...rooms);
  const kept = await bothKinds(ann, rooms[0]);
  for (const id of rooms) await evictDurableObject(conversationObject(id));
  await evictDurableObject(inboxObject(ann.user.id));
  expect((await end(phone)).status).toBe(204);
  await kicked(ended, "session_ended");
  await evictDurableObject(inboxObject(ann.user.id));
  await goOn(kept, rooms[0], "still here");
  expect(await openDevices(ann)).toEqual([sessionOf(ann), sessionOf(ann)]);
});

test("devices are closed at once, also where a conversation does not answer; its sockets follow", async () => {
  const phone = await newSession(ann);
  const held = await HeldCalls.hold(rooms[0], "kick");
  const [one, two, slow, quick] = await bothKinds(phone, ...rooms);
  if (!one || !two || !slow || !quick) throw new Error("four were opened");
  const ended = call("POST", "/v1/logout", { token: phone.token });
  await kicked([one, two, quick], "session_ended");
  expect(slow.isOpen).toBe(true);
  await shutOut(phone);
  held.release();
  expect((await ended).status).toBe(204);
  await kicked([slow], "session_ended");
});

test.each([
  ["a session that was ended", "INSERT INTO ended_sessions VALUES (?, 9000000000000000)"],
  ["an account that was deleted", "UPDATE presence SET gone = 1 WHERE ? <> ''"],
])("sockets of %s as an eviction was on its way close at the start", async (_, sql) => {
  const phone = await newSession(ann);
  const sockets = [await openDevice(phone.token), await openDevice(phone.token, { deaf: true })];
  for (const socket of sockets) await socket.settled(rooms[0]);
  const inbox = inboxObject(ann.user.id);
  await runInDurableObject(inbox, (_, { storage }) => {
    storage.sql.exec(sql, sessionOf(phone));
  });
  await evictDurableObject(inbox);
  expect(await openDevices(ann)).toEqual([]);
  await kicked(sockets, "session_ended");
});

test("of three changes of the password at once the winner's sockets stay, those of all others close", async () => {
  const sessions = [ann, await newSession(ann), await newSession(ann)];
  const sockets = await Promise.all(sessions.map((session) => bothKinds(session, ...rooms)));
  const change = ({ token }: SignedIn, i: number) =>
    call("POST", "/v1/me/password", { token, body: { current: PASSWORD, next: `another one ${i}` } });
  const answers = await Promise.all(sessions.map(change));
  const won = answers.findIndex(({ status }) => status === 204);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  for (const [i, of] of sockets.entries()) {
    if (i !== won) await kicked(of, "session_ended");
    else await goOn(of.slice(0, 3), rooms[0], "won");
  }
});

test("a wrong current password closes nothing", async () => {
  const phone = await newSession(ann);
  const sockets = await bothKinds(phone, rooms[0]);
  const body = { current: "not the password", next: "another one" };
  expect((await call("POST", "/v1/me/password", { token: ann.token, body })).status).toBe(403);
  await goOn(sockets, rooms[0], "still here");
});

const DEPARTURES: Record<
  string,
  { reason: string; event: string; go: (id: ConversationId) => Promise<Answer> }
> = {
  "a removal": {
    ...{ reason: "removed", event: "removed" },
    go: (id) => call("DELETE", `/v1/conversations/${id}/members/${ann.user.id}`, { token: bob.token }),
  },
  leaving: {
    ...{ reason: "left", event: "left" },
    go: (id) => call("POST", `/v1/conversations/${id}/leave`, { token: ann.token }),
  },
  "the end of a group": {
    ...{ reason: "dissolved", event: "dissolved" },
    go: (id) => call("DELETE", `/v1/conversations/${id}`, { token: bob.token }),
  },
};

test.each(Object.entries(DEPARTURES))(
  "%s closes the room's sockets of who goes; his devices are told, and go on",
  async (_, { reason, event, go }) => {
    const [stays, goes] = rooms;
    const [one, two, kept, closed] = await bothKinds(ann, stays, goes);
    if (!one || !two || !kept || !closed) throw new Error("four were opened");
    expect((await go(goes)).status).toBe(204);
    await kicked([closed], reason);
    const user_ids = reason === "dissolved" ? [] : [ann.user.id];
    for (const device of [one, two]) {
      await device.until((socket) => socket.of("member").length > 0);
      expect(device.of("member")).toEqual([{ type: "member", conversation_id: goes, event, user_ids }]);
    }
    await goOn([one, two, kept], stays, "still here");
    one.send({ ...text("to a closed door", "late"), conversation_id: goes });
    await one.until((socket) => socket.of("error").length > 0);
    expect(one.of("error")).toMatchObject([
      { code: "not_found", conversation_id: goes, client_msg_id: "late" },
    ]);
    expect(one.of("kicked")).toEqual([]);
  },
);

test("the end of an account closes its sockets of both kinds, opens none, and leaves nothing in the inbox", async () => {
  const phone = await newSession(ann);
  for (const i of range(1, 3)) await post(rooms[0], bob, `${i}`);
  expect((await call("DELETE", `/v1/conversations/${rooms[0]}`, { token: ann.token })).status).toBe(204);
  const sockets = [...(await bothKinds(ann, rooms[1])), ...(await bothKinds(phone, rooms[1]))];
  const bobs = await bothKinds(bob, rooms[1]);
  await goOn(sockets, rooms[1], "my last words");
  expect((await deleteAccount(ann)).status).toBe(204);
  await kicked(sockets, "session_ended");
  await goOn(bobs, rooms[1], "gone");
  for (const session of [ann, phone]) await shutOut(session);
  await evictDurableObject(inboxObject(ann.user.id));
  expect(await openDevices(ann)).toEqual([]);
  const { conversations, device_cursors, presence } = JSON.parse(await storedInInbox(ann));
  expect({ conversations, device_cursors, presence }).toMatchObject({
    ...{ conversations: [], device_cursors: [] },
    presence: [{ gone: 1, online: 0 }],
  });
  const [own] = bobs[0]?.messages.filter(({ body }) => body.text === "my last words") ?? [];
  expect(own).toBeDefined();
  const tip = bobs[0]?.messages.find(({ kind }) => kind === "tip");
  expect(tip?.sender).toEqual(gone(ann));
});
