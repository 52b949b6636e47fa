import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { befriend, done } from "../../support/accounts/friends.ts";
import {
  caughtUp,
  close,
  dueIn,
  graceOver,
  hears,
  isOnlineInD1,
  leaving,
  pending,
  presences,
  settled,
} from "../../support/accounts/presence.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { getConversation, list, openDirect } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { advance, standStill } from "../../support/clock.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { anotherDevice, at, inboxObject, newGroup, people, shownOnline } from "../../support/objects/room.ts";
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
  await caughtUp(anns, ann, marker);
  const lines = presences(anns).filter((line) => line.startsWith(`${user.id} `));
  return lines.map((line) => line.replace(/^\d+ /, ""));
}

test("a friend gets `online` at once, and `offline` after the grace", async () => {
  const bob = await friendOfAnn();
  // No job is due: neither the repeated delivery nor the end of the grace.
  standStill();
  const bobs = await openDevice(bob.token);
  await hears(anns, bob, "online");
  await shownOnline(bob, ann, true);
  await settled(bob, "online");
  await close(bobs);
  await leaving(bob);
  const graceMs = timing.presence.graceMs;
  expect(await dueIn(bob)).toBe(graceMs);
  const inbox = inboxObject(bob.user.id);
  advance(graceMs - 1);
  await runDurableObjectAlarm(inbox);
  expect(await pending(bob)).toBe("offline");
  expect(await isOnlineInD1(bob)).toBe(true);
  advance(1);
  // The alarm alone delivers the change.
  expect(await runDurableObjectAlarm(inbox)).toBe(true);
  await hears(anns, bob, "offline");
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("a room socket makes its user online as a device socket does", async () => {
  const bob = await friendOfAnn();
  const id = await newGroup(bob);
  const room = await openRoom(id, bob.token);
  await hears(anns, bob, "online");
  await close(room);
  await graceOver(bob);
  await hears(anns, bob, "offline");
});

test("direct peers get presence; strangers, members of a shared group and the user's own devices do not", async () => {
  const [peer, member, stranger, bob] = await people(4);
  if (!peer || !member || !stranger || !bob) throw new Error("there are four");
  await openDirect(bob, peer);
  await newGroup(bob, member);
  const listeners = await Promise.all(
    [peer, member, stranger].map(async (who) => ({ who, socket: await openDevice(who.token) })),
  );
  const first = await openDevice(bob.token);
  await settled(bob, "online");
  const tablet = await openDevice((await anotherDevice(bob)).token);
  await close(tablet);
  await close(first);
  await graceOver(bob);
  await settled(bob, "offline");
  const received = await Promise.all(
    listeners.map(async ({ who, socket }) => {
      await caughtUp(socket, who, marker);
      return presences(socket);
    }),
  );
  expect(received).toEqual([[`${bob.user.id} online`, `${bob.user.id} offline`], [], []]);
  expect([...first.of("presence"), ...tablet.of("presence")]).toEqual([]);
  expect(await receivedStates(bob)).toEqual([]);
});

test.each(["PUT blocks", "PUT blocks by the other"])(
  "a blocked pair gets no presence of each other: %s",
  async (by) => {
    const bob = await friendOfAnn();
    await openDirect(bob, ann);
    const [blocker, blocked] = by === "PUT blocks" ? [bob, ann] : [ann, bob];
    await done("PUT blocks", blocker, blocked);
    const bobs = await openDevice(bob.token);
    await settled(bob, "online");
    await close(bobs);
    await graceOver(bob);
    await settled(bob, "offline");
    await done("DELETE blocks", blocker, blocked);
    expect(await receivedStates(bob)).toEqual([]);
    // Their direct conversation still exists.
    await openDevice(bob.token);
    await hears(anns, bob, "online");
  },
);

test("a former friend gets no more presence", async () => {
  const bob = await friendOfAnn();
  const bobs = await openDevice(bob.token);
  await hears(anns, bob, "online");
  await done("DELETE friends", ann, bob);
  await close(bobs);
  await graceOver(bob);
  await settled(bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online"]);
});

test("a user goes offline only when their last socket closes, whether of a room or a device", async () => {
  const bob = await friendOfAnn();
  const tablet = await anotherDevice(bob);
  const id = await newGroup(bob);
  const sockets = [
    await openDevice(bob.token),
    await openDevice(bob.token),
    await openDevice(tablet.token),
    await openRoom(id, tablet.token),
  ];
  await settled(bob, "online");
  for (const socket of sockets.slice(0, -1)) await close(socket);
  // Only the room socket is left. A pending presence change would have a job.
  await settled(bob, "online");
  expect(await isOnlineInD1(bob)).toBe(true);
  await close(at(sockets, 3));
  await graceOver(bob);
  await hears(anns, bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("reconnects within the grace deliver no presence, however many", async () => {
  const bob = await friendOfAnn();
  const id = await newGroup(bob);
  // The clock stands still, so that slow reconnects stay within the grace.
  standStill();
  let socket = await openDevice(bob.token);
  await settled(bob, "online");
  for (const open of [
    () => openDevice(bob.token),
    () => openRoom(id, bob.token),
    () => openDevice(bob.token),
  ]) {
    await close(socket);
    await leaving(bob);
    socket = await open();
    // A reconnect cancels the grace; the next close starts a new one.
    expect(await pending(bob)).toBe("");
  }
  expect(await isOnlineInD1(bob)).toBe(true);
  expect(await receivedStates(bob)).toEqual(["online"]);
});

test("a signed-out user goes offline, whether or not the client closes its socket", async () => {
  for (const deaf of [false, true]) {
    const bob = await friendOfAnn();
    await openDevice(bob.token, { deaf });
    await hears(anns, bob, "online");
    const clock = standStill();
    expect((await call("POST", "/v1/logout", { token: bob.token })).status).toBe(204);
    expect(await pending(bob)).toBe("offline");
    clock.goesOn();
    await graceOver(bob);
    await hears(anns, bob, "offline");
    expect(await isOnlineInD1(bob)).toBe(false);
  }
});

test("an eviction of the inbox delivers no presence and loses no pending grace", async () => {
  const bob = await friendOfAnn();
  const bobs = await openDevice(bob.token);
  await settled(bob, "online");
  await evictDurableObject(inboxObject(bob.user.id));
  await settled(bob, "online");
  const clock = standStill();
  await close(bobs);
  await leaving(bob);
  clock.goesOn();
  await evictDurableObject(inboxObject(bob.user.id));
  await graceOver(bob);
  await hears(anns, bob, "offline");
  expect(await receivedStates(bob)).toEqual(["online", "offline"]);
});

test("of two friends who connect at once each gets the other's presence or finds it in the friends list", async () => {
  const [bob, eve] = await people(2);
  if (!bob || !eve) throw new Error("there are two");
  await befriend(bob, eve);
  for (let i = 0; i < 5; i++) {
    const [bobs, eves] = await Promise.all([openDevice(bob.token), openDevice(eve.token)]);
    // A list read now plus the frames after it give the final state.
    const lists = await Promise.all([isShownOnline(eve, bob), isShownOnline(bob, eve)]);
    await Promise.all([settled(bob, "online"), settled(eve, "online")]);
    await Promise.all([caughtUp(bobs, bob, marker), caughtUp(eves, eve, marker)]);
    const received = [presences(bobs).at(-1), presences(eves).at(-1)];
    expect(lists[0] || received[0] === `${eve.user.id} online`).toBe(true);
    expect(lists[1] || received[1] === `${bob.user.id} online`).toBe(true);
    expect(received.filter((line) => line !== undefined).length).toBeGreaterThan(0);
    await Promise.all([close(bobs), close(eves)]);
    await Promise.all([graceOver(bob), graceOver(eve)]);
    await Promise.all([settled(bob, "offline"), settled(eve, "offline")]);
  }
});

/** Whether a user is online in the second user's friends list. */
async function isShownOnline({ user }: SignedIn, { token }: SignedIn): Promise<boolean> {
  const { body } = await call("GET", "/v1/friends", { token });
  return JSON.stringify(body).includes(`"id":${user.id}`) && JSON.stringify(body).includes('"online":true');
}

test("a contact whose inbox does not answer delays presence to no other contact", async () => {
  const [bob, eve] = await people(2);
  if (!bob || !eve) throw new Error("there are two");
  await befriend(bob, eve);
  await befriend(bob, ann);
  await openDevice(eve.token);
  await settled(eve, "online");
  const held = await HeldInbox.hold(eve.user.id);
  await openDevice(bob.token);
  await hears(anns, bob, "online");
  await held.release();
  await settled(bob, "online");
});

test("online_count of a group counts its members with any kind of socket", async () => {
  const [bob, eve] = await people(2);
  if (!bob || !eve) throw new Error("there are two");
  const id = await newGroup(bob, ann, eve);
  const count = async () => (await getConversation(bob, id)).online_count;
  expect(await count()).toBe(1);
  const [room, device] = [await openRoom(id, bob.token), await openDevice(eve.token)];
  await Promise.all([settled(bob, "online"), settled(eve, "online")]);
  expect(await count()).toBe(3);
  await close(room);
  await graceOver(bob);
  await settled(bob, "offline");
  expect(await count()).toBe(2);
  const path = `/v1/conversations/${id}/members/${eve.user.id}`;
  expect((await call("DELETE", path, { token: bob.token })).status).toBe(204);
  expect(await count()).toBe(1);
  await close(device);
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
  await close(bobs);
  await graceOver(bob);
  await shownOnline(bob, ann, false);
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
