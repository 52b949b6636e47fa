import { beforeAll, expect, test } from "vitest";
import {
  ask,
  befriend,
  done,
  FRIEND_CALLS,
  type FriendCall,
  strangers,
} from "../../support/accounts/friends.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { storedInInbox } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { anotherDevice } from "../../support/objects/room.ts";

let pair: () => [SignedIn, SignedIn];
let marker: SignedIn;

beforeAll(async () => {
  pair = await strangers(6);
  marker = await register();
});

interface Listener {
  who: SignedIn;
  socket: TestSocket;
}

/** Two who have nothing to do with each other, each with a device. */
async function listeners(): Promise<[Listener, Listener]> {
  const [one, other] = pair();
  return [await listener(one), await listener(other)];
}

async function listener(who: SignedIn): Promise<Listener> {
  return { who, socket: await openDevice(who.token) };
}

/** What a device has been told of friendships by now: `<who>: <state>`, without the marks that this leaves. */
async function told({ who, socket }: Listener): Promise<string[]> {
  const marks = () => socket.of("friend").filter(({ user_id }) => user_id === marker.user.id);
  const before = marks().length;
  await done("PUT friends", marker, who);
  await done("DELETE friends", marker, who);
  await socket.until(() => marks().length === before + 2);
  const others = socket.of("friend").filter(({ user_id }) => user_id !== marker.user.id);
  expect(others.map((frame) => Object.keys(frame))).toEqual(others.map(() => ["type", "user_id", "state"]));
  return others.map(({ user_id, state }) => `${user_id}: ${state}`);
}

test("who is asked hears of it, on all devices, and who asks does not", async () => {
  const [ann, bob] = await listeners();
  const tablet = await listener(await anotherDevice(bob.who));
  await done("PUT friends", ann.who, bob.who);
  const request = `${ann.who.user.id}: requested`;
  expect(await told(bob)).toEqual([request]);
  expect(await told(tablet)).toEqual([request]);
  expect(await told(ann)).toEqual([]);
});

test("both hear that they are friends, and that they are none any more, on all devices", async () => {
  const [ann, bob] = await listeners();
  const tablet = await listener(await anotherDevice(bob.who));
  await befriend(ann.who, bob.who);
  await done("DELETE friends", bob.who, ann.who);
  const [annIs, bobIs] = [ann, bob].map(
    ({ who }) =>
      (state: string) =>
        `${who.user.id}: ${state}`,
  );
  expect(await told(ann)).toEqual(["friends", "none"].map((state) => bobIs?.(state)));
  for (const bobs of [bob, tablet]) {
    expect(await told(bobs)).toEqual(["requested", "friends", "none"].map((state) => annIs?.(state)));
  }
});

test("who lets everybody be his friend hears of it with the one who asked", async () => {
  const [ann, bob] = await listeners();
  const options = { token: bob.who.token, body: { friend_policy: "allow" } };
  expect((await call("PATCH", "/v1/me", options)).status).toBe(200);
  await done("PUT friends", ann.who, bob.who);
  expect(await told(ann)).toEqual([`${bob.who.user.id}: friends`]);
  expect(await told(bob)).toEqual([`${ann.who.user.id}: friends`]);
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "approve" } });
});

/** What ends a request: of the one who asked, and of the one who was asked. */
const ENDS: [string, FriendCall, "asker" | "asked"][] = [
  ["withdrawn", "DELETE friends", "asker"],
  ["rejected", "DELETE friends", "asked"],
  ["ended by a block of who asked", "PUT blocks", "asker"],
  ["ended by a block of who was asked", "PUT blocks", "asked"],
];

test.each(ENDS)("both hear of a request that is %s", async (_, what, by) => {
  const [ann, bob] = await listeners();
  await done("PUT friends", ann.who, bob.who);
  await (by === "asker" ? done(what, ann.who, bob.who) : done(what, bob.who, ann.who));
  expect(await told(ann)).toEqual([`${bob.who.user.id}: none`]);
  expect(await told(bob)).toEqual([`${ann.who.user.id}: requested`, `${ann.who.user.id}: none`]);
});

test("a block ends a friendship for both; lifting it, and blocking a stranger, tells nothing", async () => {
  const [ann, bob] = await listeners();
  await done("PUT blocks", ann.who, bob.who);
  await done("DELETE blocks", ann.who, bob.who);
  await befriend(ann.who, bob.who);
  await done("PUT blocks", bob.who, ann.who);
  await done("DELETE blocks", bob.who, ann.who);
  expect(await told(ann)).toEqual([`${bob.who.user.id}: friends`, `${bob.who.user.id}: none`]);
});

test("a call that changes nothing tells nothing", async () => {
  const [ann, bob] = await listeners();
  const repeat = async (what: FriendCall, one: Listener, other: Listener) => {
    for (let i = 0; i < 3; i++) await done(what, one.who, other.who);
  };
  await repeat("DELETE friends", ann, bob);
  await repeat("PUT friends", ann, bob);
  await repeat("PUT friends", bob, ann);
  await repeat("PUT friends", ann, bob);
  await repeat("DELETE friends", ann, bob);
  await repeat("PUT blocks", ann, bob);
  await repeat("DELETE blocks", ann, bob);
  expect(await told(ann)).toEqual([`${bob.who.user.id}: friends`, `${bob.who.user.id}: none`]);
  const states = ["requested", "friends", "none"];
  expect(await told(bob)).toEqual(states.map((state) => `${ann.who.user.id}: ${state}`));
});

test("what is refused tells nothing", async () => {
  const [ann, bob] = await listeners();
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "deny" } });
  expect((await ask("PUT friends", ann.who, bob.who)).status).toBe(403);
  await call("PATCH", "/v1/me", { token: bob.who.token, body: { friend_policy: "approve" } });
  await done("PUT blocks", bob.who, ann.who);
  expect((await ask("PUT friends", ann.who, bob.who)).status).toBe(403);
  expect((await ask("PUT friends", bob.who, ann.who)).status).toBe(403);
  for (const what of FRIEND_CALLS) expect((await ask(what, ann.who, ann.who)).status).toBe(400);
  await done("DELETE blocks", bob.who, ann.who);
  expect([await told(ann), await told(bob)]).toEqual([[], []]);
});

test("the same request thirty times at once is told once", async () => {
  const [ann, bob] = await listeners();
  await Promise.all(Array.from({ length: 30 }, () => done("PUT friends", ann.who, bob.who)));
  expect(await told(bob)).toEqual([`${ann.who.user.id}: requested`]);
});

test("of two who ask each other at once both hear once that they are friends", async () => {
  const [ann, bob] = await listeners();
  await Promise.all([done("PUT friends", ann.who, bob.who), done("PUT friends", bob.who, ann.who)]);
  const heard = [await told(ann), await told(bob)];
  const all = heard.flat().map((line) => line.replace(/^\d+: /, ""));
  expect(all.toSorted()).toEqual(["friends", "friends", "requested"]);
});

test("who never opened a socket has nothing stored for being told", async () => {
  const [ann, bob] = pair();
  await befriend(ann, bob);
  const eve = await register();
  await done("PUT friends", ann, eve);
  expect(await storedInInbox(eve)).toBe("{}");
});
