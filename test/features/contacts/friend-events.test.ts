import { beforeAll, expect, test } from "vitest";
import {
  befriend,
  expectFriendCall,
  FRIEND_CALLS,
  type FriendCall,
  friendCall,
  unrelatedPairs,
} from "../../support/accounts/friends.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { storedInInbox } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { signInAgain } from "../../support/objects/room.ts";

let pair: () => [SignedIn, SignedIn];
let marker: SignedIn;

beforeAll(async () => {
  pair = await unrelatedPairs(6);
  marker = await register();
});

interface Listener {
  who: SignedIn;
  socket: TestSocket;
}

/** Two unrelated users, each with a device. */
async function listeners(): Promise<[Listener, Listener]> {
  const [one, other] = pair();
  return [await listener(one), await listener(other)];
}

async function listener(who: SignedIn): Promise<Listener> {
  return { who, socket: await openDevice(who.token) };
}

/**
 * The friendship events that a device has received so far: `<user id>: <state>`, without the marker user's
 * events.
 */
async function receivedEvents({ who, socket }: Listener): Promise<string[]> {
  const markerEvents = () => socket.of("friend").filter(({ user_id }) => user_id === marker.user.id);
  const before = markerEvents().length;
  await expectFriendCall("PUT friends", marker, who);
  await expectFriendCall("DELETE friends", marker, who);
  await socket.until(() => markerEvents().length === before + 2);
  const others = socket.of("friend").filter(({ user_id }) => user_id !== marker.user.id);
  expect(others.map((frame) => Object.keys(frame))).toEqual(others.map(() => ["type", "user_id", "state"]));
  return others.map(({ user_id, state }) => `${user_id}: ${state}`);
}

test("a friend request is sent to all devices of its receiver, not to its sender", async () => {
  const [ann, bob] = await listeners();
  const tablet = await listener(await signInAgain(bob.who));
  await expectFriendCall("PUT friends", ann.who, bob.who);
  const request = `${ann.who.user.id}: requested`;
  expect(await receivedEvents(bob)).toEqual([request]);
  expect(await receivedEvents(tablet)).toEqual([request]);
  expect(await receivedEvents(ann)).toEqual([]);
});

test("the start and the end of a friendship are sent to all devices of both users", async () => {
  const [ann, bob] = await listeners();
  const tablet = await listener(await signInAgain(bob.who));
  await befriend(ann.who, bob.who);
  await expectFriendCall("DELETE friends", bob.who, ann.who);
  const [annIs, bobIs] = [ann, bob].map(
    ({ who }) =>
      (state: string) =>
        `${who.user.id}: ${state}`,
  );
  expect(await receivedEvents(ann)).toEqual(["friends", "none"].map((state) => bobIs?.(state)));
  for (const bobs of [bob, tablet]) {
    expect(await receivedEvents(bobs)).toEqual(
      ["requested", "friends", "none"].map((state) => annIs?.(state)),
    );
  }
});

test("a request to a user who allows everyone makes both friends, and both get the event", async () => {
  const [ann, bob] = await listeners();
  const options = { token: bob.who.token, body: { friend_policy: "allow" } };
  expect((await call("PATCH", "/v1/me", options)).status).toBe(200);
  await expectFriendCall("PUT friends", ann.who, bob.who);
  expect(await receivedEvents(ann)).toEqual([`${bob.who.user.id}: friends`]);
  expect(await receivedEvents(bob)).toEqual([`${ann.who.user.id}: friends`]);
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "approve" } });
});

/** What ends a request, and whether its sender or its receiver does so. */
const ENDS: [string, FriendCall, "sender" | "receiver"][] = [
  ["withdrawn", "DELETE friends", "sender"],
  ["rejected", "DELETE friends", "receiver"],
  ["ended by a block by its sender", "PUT blocks", "sender"],
  ["ended by a block by its receiver", "PUT blocks", "receiver"],
];

test.each(ENDS)("both users get the end of a request that is %s", async (_, what, by) => {
  const [ann, bob] = await listeners();
  await expectFriendCall("PUT friends", ann.who, bob.who);
  await (by === "sender"
    ? expectFriendCall(what, ann.who, bob.who)
    : expectFriendCall(what, bob.who, ann.who));
  expect(await receivedEvents(ann)).toEqual([`${bob.who.user.id}: none`]);
  expect(await receivedEvents(bob)).toEqual([`${ann.who.user.id}: requested`, `${ann.who.user.id}: none`]);
});

test("a block sends the end of a friendship; a block of a stranger and an unblock send no event", async () => {
  const [ann, bob] = await listeners();
  await expectFriendCall("PUT blocks", ann.who, bob.who);
  await expectFriendCall("DELETE blocks", ann.who, bob.who);
  await befriend(ann.who, bob.who);
  await expectFriendCall("PUT blocks", bob.who, ann.who);
  await expectFriendCall("DELETE blocks", bob.who, ann.who);
  expect(await receivedEvents(ann)).toEqual([`${bob.who.user.id}: friends`, `${bob.who.user.id}: none`]);
});

test("a call that changes nothing sends no event", async () => {
  const [ann, bob] = await listeners();
  const repeat = async (what: FriendCall, one: Listener, other: Listener) => {
    for (let i = 0; i < 3; i++) await expectFriendCall(what, one.who, other.who);
  };
  await repeat("DELETE friends", ann, bob);
  await repeat("PUT friends", ann, bob);
  await repeat("PUT friends", bob, ann);
  await repeat("PUT friends", ann, bob);
  await repeat("DELETE friends", ann, bob);
  await repeat("PUT blocks", ann, bob);
  await repeat("DELETE blocks", ann, bob);
  expect(await receivedEvents(ann)).toEqual([`${bob.who.user.id}: friends`, `${bob.who.user.id}: none`]);
  const states = ["requested", "friends", "none"];
  expect(await receivedEvents(bob)).toEqual(states.map((state) => `${ann.who.user.id}: ${state}`));
});

test("a refused call sends no event", async () => {
  const [ann, bob] = await listeners();
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "deny" } });
  expect((await friendCall("PUT friends", ann.who, bob.who)).status).toBe(403);
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "approve" } });
  await expectFriendCall("PUT blocks", bob.who, ann.who);
  expect((await friendCall("PUT friends", ann.who, bob.who)).status).toBe(403);
  expect((await friendCall("PUT friends", bob.who, ann.who)).status).toBe(403);
  for (const what of FRIEND_CALLS) expect((await friendCall(what, ann.who, ann.who)).status).toBe(400);
  await expectFriendCall("DELETE blocks", bob.who, ann.who);
  expect([await receivedEvents(ann), await receivedEvents(bob)]).toEqual([[], []]);
});

test("thirty concurrent equal requests send one event", async () => {
  const [ann, bob] = await listeners();
  await Promise.all(Array.from({ length: 30 }, () => expectFriendCall("PUT friends", ann.who, bob.who)));
  expect(await receivedEvents(bob)).toEqual([`${ann.who.user.id}: requested`]);
});

test("of two concurrent mutual requests both users get `friends` once", async () => {
  const [ann, bob] = await listeners();
  await Promise.all([
    expectFriendCall("PUT friends", ann.who, bob.who),
    expectFriendCall("PUT friends", bob.who, ann.who),
  ]);
  const received = [await receivedEvents(ann), await receivedEvents(bob)];
  const all = received.flat().map((line) => line.replace(/^\d+: /, ""));
  expect(all.toSorted()).toEqual(["friends", "friends", "requested"]);
});

test("events for a user without devices store nothing in the inbox", async () => {
  const [ann, bob] = pair();
  await befriend(ann, bob);
  const eve = await register();
  await expectFriendCall("PUT friends", ann, eve);
  expect(await storedInInbox(eve)).toBe("{}");
});
