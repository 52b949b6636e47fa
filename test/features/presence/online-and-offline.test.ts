import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { befriend, expectFriendCall } from "../../support/accounts/friends.ts";
import {
  closeSocket,
  endGrace,
  isOnlineInD1,
  pendingPresenceJob,
  presenceEvents,
  presenceJobDueIn,
  untilCaughtUp,
  untilGraceStarted,
  untilPresence,
  untilPresenceSettled,
} from "../../support/accounts/presence.ts";
import { call, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { converse, getConversation, list, openDirect, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import {
  createGroupId,
  inboxObject,
  itemAt,
  signInAgain,
  untilShownOnline,
} from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

let ann: SignedIn;
let marker: SignedIn;
let anns: TestSocket;

beforeAll(async () => {
  [ann, marker] = await Promise.all([register(), register()]);
  anns = await openDevice(ann.token);
});

/** Registers a new friend of Ann. */
async function friendOfAnn(): Promise<SignedIn> {
  const friend = await register();
  await befriend(ann, friend);
  return friend;
}

/** The presence states of a user that Ann's device has received so far. */
async function receivedStates({ user }: SignedIn): Promise<string[]> {
  await untilCaughtUp(anns, ann, marker);
  const lines = presenceEvents(anns).filter((line) => line.startsWith(`${user.id} `));
  return lines.map((line) => line.replace(/^\d+ /, ""));
}

test("a friend gets `online` at once, and `offline` after the grace", async () => {
  const bob = await friendOfAnn();
  // No job is due: neither the repeated delivery nor the end of the grace.
  freezeClock();
  const bobs = await openDevice(bob.token);
  await untilPresence(anns, bob, "online");
  await untilShownOnline(bob, true);
  await untilPresenceSettled(bob, "online");
  await closeSocket(bobs);
  await untilGraceStarted(bob);
  const graceMs = timing.presence.graceMs;
  expect(await presenceJobDueIn(bob)).toBe(graceMs);
  const inbox = inboxObject(bob.user.id);
  advanceClock(graceMs - 1);
  await runDurableObjectAlarm(inbox);
  expect(await pendingPresenceJob(bob)).toBe("offline");
  expect(await isOnlineInD1(bob)).toBe(true);
  advanceClock(1);
  // The alarm alone delivers the change.
  expect(await runDurableObjectAlarm(inbox)).toBe(true);
  await untilPresence(anns, bob, "offline");
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("a room socket makes its user online as a device socket does", async () => {
  const bob = await friendOfAnn();
  const id = await createGroupId(bob);
  const room = await openRoom(id, bob.token);
  await untilPresence(anns, bob, "online");
  await closeSocket(room);
  await endGrace(bob);
  await untilPresence(anns, bob, "offline");
});

test("direct peers who have both written get presence; other peers, strangers, members of a shared group and the user's own devices do not", async () => {
  const [peer, unanswered, member, stranger, bob] = await registerUsers(5);
  await converse(bob, peer);
  await send(unanswered, (await openDirect(unanswered, bob)).id, "hello?");
  await createGroupId(bob, member);
  const listeners = await Promise.all(
    [peer, unanswered, member, stranger].map(async (who) => ({ who, socket: await openDevice(who.token) })),
  );
  const first = await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  const tablet = await openDevice((await signInAgain(bob)).token);
  await closeSocket(tablet);
  await closeSocket(first);
  await endGrace(bob);
  await untilPresenceSettled(bob, "offline");
  const received = await Promise.all(
    listeners.map(async ({ who, socket }) => {
      await untilCaughtUp(socket, who, marker);
      return presenceEvents(socket);
    }),
  );
  expect(received).toEqual([[`${bob.user.id} online`, `${bob.user.id} offline`], [], [], []]);
  expect([...first.of("presence"), ...tablet.of("presence")]).toEqual([]);
  expect(await receivedStates(bob)).toEqual([]);
});

test.each(["PUT blocks", "PUT blocks by the other"])(
  "a blocked pair gets no presence of each other: %s",
  async (by) => {
    const bob = await friendOfAnn();
    await converse(bob, ann);
    const [blocker, blocked] = by === "PUT blocks" ? [bob, ann] : [ann, bob];
    await expectFriendCall("PUT blocks", blocker, blocked);
    const bobs = await openDevice(bob.token);
    await untilPresenceSettled(bob, "online");
    await closeSocket(bobs);
    await endGrace(bob);
    await untilPresenceSettled(bob, "offline");
    await expectFriendCall("DELETE blocks", blocker, blocked);
    expect(await receivedStates(bob)).toEqual([]);
    // Their direct conversation still exists.
    await openDevice(bob.token);
    await untilPresence(anns, bob, "online");
  },
);

test("a former friend gets no more presence", async () => {
  const bob = await friendOfAnn();
  const bobs = await openDevice(bob.token);
  await untilPresence(anns, bob, "online");
  await expectFriendCall("DELETE friends", ann, bob);
  await closeSocket(bobs);
  await endGrace(bob);
  await untilPresenceSettled(bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online"]);
});

test("a user goes offline only when their last socket closes, whether of a room or a device", async () => {
  const bob = await friendOfAnn();
  const tablet = await signInAgain(bob);
  const id = await createGroupId(bob);
  const sockets = [
    await openDevice(bob.token),
    await openDevice(bob.token),
    await openDevice(tablet.token),
    await openRoom(id, tablet.token),
  ];
  await untilPresenceSettled(bob, "online");
  for (const socket of sockets.slice(0, -1)) await closeSocket(socket);
  // Only the room socket is left. A pending presence change would have a job.
  await untilPresenceSettled(bob, "online");
  expect(await isOnlineInD1(bob)).toBe(true);
  await closeSocket(itemAt(sockets, 3));
  await endGrace(bob);
  await untilPresence(anns, bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("reconnects within the grace deliver no presence, however many", async () => {
  const bob = await friendOfAnn();
  const id = await createGroupId(bob);
  // The clock stands still, so that slow reconnects stay within the grace.
  freezeClock();
  let socket = await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  for (const open of [
    () => openDevice(bob.token),
    () => openRoom(id, bob.token),
    () => openDevice(bob.token),
  ]) {
    await closeSocket(socket);
    await untilGraceStarted(bob);
    socket = await open();
    // A reconnect cancels the grace; the next close starts a new one.
    expect(await pendingPresenceJob(bob)).toBe("");
  }
  expect(await isOnlineInD1(bob)).toBe(true);
  expect(await receivedStates(bob)).toEqual(["online"]);
});

test("a signed-out user goes offline, whether or not the client closes its socket", async () => {
  for (const deaf of [false, true]) {
    const bob = await friendOfAnn();
    await openDevice(bob.token, { halfOpen: deaf });
    await untilPresence(anns, bob, "online");
    const clock = freezeClock();
    expect((await call("POST", "/v1/logout", { token: bob.token })).status).toBe(204);
    expect(await pendingPresenceJob(bob)).toBe("offline");
    clock.resume();
    await endGrace(bob);
    await untilPresence(anns, bob, "offline");
    expect(await isOnlineInD1(bob)).toBe(false);
  }
});

test("an eviction of the inbox delivers no presence and loses no pending grace", async () => {
  const bob = await friendOfAnn();
  const bobs = await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  await evictDurableObject(inboxObject(bob.user.id));
  await untilPresenceSettled(bob, "online");
  const clock = freezeClock();
  await closeSocket(bobs);
  await untilGraceStarted(bob);
  clock.resume();
  await evictDurableObject(inboxObject(bob.user.id));
  await endGrace(bob);
  await untilPresence(anns, bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("of two friends who connect at once each gets the other's presence or finds it in the friends list", async () => {
  const [bob, eve] = await registerUsers(2);
  await befriend(bob, eve);
  for (let i = 0; i < 5; i++) {
    const [bobs, eves] = await Promise.all([openDevice(bob.token), openDevice(eve.token)]);
    // A list read now plus the frames after it give the final state.
    const lists = await Promise.all([isShownOnline(eve, bob), isShownOnline(bob, eve)]);
    await Promise.all([untilPresenceSettled(bob, "online"), untilPresenceSettled(eve, "online")]);
    await Promise.all([untilCaughtUp(bobs, bob, marker), untilCaughtUp(eves, eve, marker)]);
    const received = [presenceEvents(bobs).at(-1), presenceEvents(eves).at(-1)];
    expect(lists[0] || received[0] === `${eve.user.id} online`).toBe(true);
    expect(lists[1] || received[1] === `${bob.user.id} online`).toBe(true);
    expect(received.filter((line) => line !== undefined).length).toBeGreaterThan(0);
    await Promise.all([closeSocket(bobs), closeSocket(eves)]);
    await Promise.all([endGrace(bob), endGrace(eve)]);
    await Promise.all([untilPresenceSettled(bob, "offline"), untilPresenceSettled(eve, "offline")]);
  }
});

/** Whether a user is online in the second user's friends list. */
async function isShownOnline({ user }: SignedIn, { token }: SignedIn): Promise<boolean> {
  const { body } = await call("GET", "/v1/friends", { token });
  return JSON.stringify(body).includes(`"id":${user.id}`) && JSON.stringify(body).includes('"online":true');
}

test("a contact whose inbox does not answer delays presence to no other contact", async () => {
  const [bob, eve] = await registerUsers(2);
  await befriend(bob, eve);
  await befriend(bob, ann);
  await openDevice(eve.token);
  await untilPresenceSettled(eve, "online");
  const held = await HeldInbox.hold(eve.user.id);
  await openDevice(bob.token);
  await untilPresence(anns, bob, "online");
  held.release();
  await untilPresenceSettled(bob, "online");
});

test("online_count of a group counts its members with any kind of socket", async () => {
  const [bob, eve] = await registerUsers(2);
  const id = await createGroupId(bob, ann, eve);
  const count = async () => (await getConversation(bob, id)).online_count;
  expect(await count()).toBe(1);
  const [room, device] = [await openRoom(id, bob.token), await openDevice(eve.token)];
  await Promise.all([untilPresenceSettled(bob, "online"), untilPresenceSettled(eve, "online")]);
  expect(await count()).toBe(3);
  await closeSocket(room);
  await endGrace(bob);
  await untilPresenceSettled(bob, "offline");
  expect(await count()).toBe(2);
  const path = `/v1/conversations/${id}/members/${eve.user.id}`;
  expect((await call("DELETE", path, { token: bob.token })).status).toBe(204);
  expect(await count()).toBe(1);
  await closeSocket(device);
  expect((await openDirect(bob, ann)).online_count).toBe(undefined);
  expect((await getConversation(bob, (await openDirect(bob, ann)).id)).online_count).toBe(undefined);
  expect((await list(bob)).items.map(({ online_count }) => online_count)).toEqual([undefined, undefined]);
});

test("friends, conversations and user details show users with only a device socket as online", async () => {
  const bob = await friendOfAnn();
  const { id } = await openDirect(bob, ann);
  const bobs = await openDevice(bob.token);
  const peer = { id: bob.user.id, online: true };
  for (const path of [
    "/v1/friends",
    "/v1/conversations",
    `/v1/conversations/${id}`,
    `/v1/users/${bob.user.id}`,
  ]) {
    const { body } = await call("GET", `${path}?limit=100`, { token: ann.token });
    expect(body, path).toEqual(expect.anything());
    expect(find(body, bob.user.id), path).toMatchObject(peer);
  }
  await closeSocket(bobs);
  await endGrace(bob);
  await untilShownOnline(bob, false);
});

/** The first object with this user id and an `online` field in an answer. */
function find(body: unknown, id: number): unknown {
  const all: unknown[] = [];
  JSON.stringify(body, (_, value: unknown) => {
    if (value && typeof value === "object" && "online" in value && "id" in value && value.id === id)
      all.push(value);
    return value;
  });
  return all[0];
}
