import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { befriend } from "../../support/accounts/friends.ts";
import {
  caughtUp,
  close,
  graceOver,
  hears,
  isOnlineInD1,
  pending,
  presences,
  settled,
} from "../../support/accounts/presence.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom, TestSocket } from "../../support/clients/socket.ts";
import { Stopwatch } from "../../support/clock.ts";
import { breakAt, type Place } from "../../support/faults/break.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { at, inboxObject, newGroup, runInboxJob } from "../../support/objects/room.ts";
import { runs } from "../../support/property-runs.ts";
import { handIn } from "../../support/timing.ts";

let ann: SignedIn;
let marker: SignedIn;
let anns: TestSocket;

beforeAll(async () => {
  [ann, marker] = await Promise.all([register(), register()]);
  anns = await openDevice(ann.token);
});

/** Somebody new who is Ann's friend. */
async function friendOfAnn(): Promise<SignedIn> {
  const friend = await register();
  await befriend(ann, friend);
  return friend;
}

/** What Ann's device has been told of somebody last; offline, if nothing. */
async function lastTold({ user }: SignedIn): Promise<string> {
  await caughtUp(anns, ann, marker);
  const line = presences(anns).findLast((one) => one.startsWith(`${user.id} `));
  return line?.replace(/^\d+ /, "") ?? "offline";
}

/** Runs whatever stands for a change, until all know. */
async function settle(who: SignedIn): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const job = await pending(who);
    if (job === "") return;
    for (const kind of ["online", "offline"] as const) if (job.includes(kind)) await runInboxJob(who, kind);
  }
  throw new Error("there is no end of it");
}

/** Loses a user's inbox as a crash does, its sockets with it. */
async function lose({ user }: SignedIn): Promise<void> {
  const stub = inboxObject(user.id);
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

const PROJECTION = /^update "users" set "online"/;

test("while D1 cannot be told sockets open all the same, and the job tells it and the contacts", async () => {
  const bob = await friendOfAnn();
  {
    using _ = interceptD1((query, work) => {
      if (PROJECTION.test(query)) throw new Error("D1_ERROR: Network connection lost.");
      return work();
    });
    await openDevice(bob.token);
    await openDevice(bob.token);
    await runInboxJob(bob, "online");
    expect(await lastTold(bob)).toBe("offline");
    expect(await pending(bob)).toBe("online");
  }
  await runInboxJob(bob, "online");
  await hears(anns, bob, "online");
  await settled(bob, "online");
  expect(await isOnlineInD1(bob)).toBe(true);
});

test("a socket waits for D1 until openTimeoutMs is over, and what D1 takes then is told", async () => {
  handIn({ presence: { openTimeoutMs: 100 } });
  const bob = await friendOfAnn();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  let isHeld = true;
  using _ = interceptD1(async (query, work) => {
    if (!PROJECTION.test(query)) return work();
    ask();
    while (isHeld) await new Promise((resolve) => setTimeout(resolve, 5));
    return work();
  });
  const opened = openDevice(bob.token);
  await asked;
  const askedAt = performance.now();
  using watch = new Stopwatch();
  await opened;
  expect(performance.now() - askedAt).toBeGreaterThan(90);
  expect(watch.ms).toBeLessThan(1_000);
  expect(await lastTold(bob)).toBe("offline");
  isHeld = false;
  await hears(anns, bob, "online");
});

test("what D1 was told and nobody knows of is undone too", async () => {
  const bob = await friendOfAnn();
  let bobs: TestSocket;
  {
    using _ = interceptD1(async (query, work) => {
      const result = await work();
      if (PROJECTION.test(query)) throw new Error("D1_ERROR: Network connection lost.");
      return result;
    });
    bobs = await openDevice(bob.token);
    expect(await isOnlineInD1(bob)).toBe(true);
    await close(bobs);
  }
  while (!(await pending(bob)).includes("offline")) await new Promise((resolve) => setTimeout(resolve, 0));
  await settle(bob);
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await lastTold(bob)).toBe("offline");
});

test("who leaves while it is told that he has come is told to be gone in the end", async () => {
  const bob = await friendOfAnn();
  let isHeld = true;
  using _ = interceptD1(async (query, work) => {
    while (isHeld && query.includes("is_friend")) await new Promise((resolve) => setTimeout(resolve, 5));
    return work();
  });
  const bobs = await openDevice(bob.token);
  await close(bobs);
  while (!(await pending(bob)).includes("offline")) await new Promise((resolve) => setTimeout(resolve, 0));
  const over = runInboxJob(bob, "offline");
  while (await pending(bob).then((jobs) => jobs.includes("online")))
    await new Promise((r) => setTimeout(r, 0));
  isHeld = false;
  await over;
  await settle(bob);
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await lastTold(bob)).toBe("offline");
  // The change that was overtaken told nobody.
  expect(presences(anns).filter((line) => line === `${bob.user.id} online`)).toEqual([]);
});

test("a crash takes a device's sockets, and once the inbox wakes its user goes offline", async () => {
  const bob = await friendOfAnn();
  await openDevice(bob.token);
  await settled(bob, "online");
  await lose(bob);
  // Nobody but its alarm wakes it.
  await runInboxJob(bob, "sockets");
  await graceOver(bob);
  await hears(anns, bob, "offline");
  expect(await isOnlineInD1(bob)).toBe(false);
});

const PLACES: Place[] = ["inbox", "D1 before", "D1 after"];

test.each(PLACES)(
  "coming and going that breaks at any step of %s is known to all in the end",
  async (place) => {
    const bob = await friendOfAnn();
    // Something is stored of him.
    await call("GET", "/v1/conversations", { token: bob.token });
    expect(await brokenAt(place, bob, false, () => openDevice(bob.token))).toBeGreaterThan(2);
    const go = async (socket: TestSocket | null) => {
      if (socket) await close(socket);
      await runInboxJob(bob, "sockets");
      await runInboxJob(bob, "offline");
    };
    expect(await brokenAt(place, bob, true, go)).toBeGreaterThan(2);
  },
);

/** Breaks what he does at each of its steps in turn; before it he is online, or is not. @returns how many there are */
async function brokenAt(
  place: Place,
  bob: SignedIn,
  isOnline: boolean,
  act: (socket: TestSocket | null) => Promise<unknown>,
): Promise<number> {
  for (let step = 1; ; step++) {
    const socket = isOnline ? await openDevice(bob.token) : null;
    await settled(bob, isOnline ? "online" : "offline");
    using broken = await breakAt(place, step, { conversationId: 1, userId: bob.user.id });
    const done = await act(socket).catch(() => null);
    broken[Symbol.dispose]();
    await settle(bob);
    const isThere = await hasSockets(bob);
    const when = `${place} ${step}`;
    expect(await isOnlineInD1(bob), when).toBe(isThere);
    expect(await lastTold(bob), when).toBe(isThere ? "online" : "offline");
    for (const open of [socket, done]) if (open instanceof TestSocket && open.isOpen) await close(open);
    if (isThere) await graceOver(bob);
    if (!broken.isHit) return step;
  }
}

/** Whether a user has a socket open, as his inbox knows. */
function hasSockets({ user }: SignedIn): Promise<boolean> {
  return runInDurableObject(inboxObject(user.id), (_, state) => {
    const rooms = state.storage.sql.exec("SELECT 1 FROM sockets").toArray();
    const devices = state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
    return rooms.length + devices.length > 0;
  });
}

const STEPS = ["device", "room", "close", "close all", "offline", "online", "evict", "crash", "D1"] as const;

test("whatever happens to sockets, inbox and D1: all know in the end who is online", async () => {
  const bob = await friendOfAnn();
  const id = await newGroup(bob);
  const story = fc.array(fc.constantFrom(...STEPS), { minLength: 3, maxLength: 12, size: "max" });
  const property = fc.asyncProperty(story, async (steps) => {
    let sockets: TestSocket[] = [];
    for (const step of steps) {
      using _ = step === "D1" ? failing() : null;
      await take(step);
    }
    await settle(bob);
    const isThere = await hasSockets(bob);
    expect(await isOnlineInD1(bob)).toBe(isThere);
    expect(await lastTold(bob)).toBe(isThere ? "online" : "offline");
    await take("close all");

    async function take(step: (typeof STEPS)[number]): Promise<void> {
      sockets = sockets.filter(({ isOpen }) => isOpen);
      switch (step) {
        case "device":
          sockets.push(await openDevice(bob.token));
          break;
        case "room":
          sockets.push(await openRoom(id, bob.token));
          break;
        case "close":
          if (sockets.length > 0) await close(at(sockets, 0));
          break;
        case "close all":
          await Promise.all(sockets.map(close));
          break;
        case "D1":
          await take("device");
          await take("close");
          await take("offline");
          break;
        case "online":
        case "offline":
          await runInboxJob(bob, step);
          break;
        case "evict":
          await evictDurableObject(inboxObject(bob.user.id)).catch(() => undefined);
          break;
        case "crash":
          await lose(bob);
          break;
      }
    }
  });
  await fc.assert(property, runs(6));
});

/** D1 takes no projection. */
function failing(): Disposable {
  return interceptD1((query, work) => {
    if (PROJECTION.test(query)) throw new Error("D1_ERROR: Network connection lost.");
    return work();
  });
}
