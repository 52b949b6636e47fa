import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { befriend } from "../../support/accounts/friends.ts";
import {
  closeSocket,
  endGrace,
  isOnlineInD1,
  pendingPresenceJob,
  presenceEvents,
  untilCaughtUp,
  untilPresence,
  untilPresenceSettled,
} from "../../support/accounts/presence.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { openDevice, openRoom, TestSocket } from "../../support/clients/socket.ts";
import { until, whileHeld } from "../../support/event-loop.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { breakAt, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { Patience } from "../../support/faults/patience.ts";
import { ALL, eachStep } from "../../support/faults/sampled-steps.ts";
import { createGroupId, inboxObject, itemAt, runInboxJob } from "../../support/objects/room.ts";
import { runOptions } from "../../support/property-runs.ts";
import { overrideTiming } from "../../support/timing.ts";

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

/** The last presence state of a user that Ann's device has received; `offline` if none. */
async function lastReceived({ user }: SignedIn): Promise<string> {
  await untilCaughtUp(anns, ann, marker);
  const line = presenceEvents(anns).findLast((entry) => entry.startsWith(`${user.id} `));
  return line?.replace(/^\d+ /, "") ?? "offline";
}

/** Runs the presence jobs of a user until there are none. */
async function settle(who: SignedIn): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const job = await pendingPresenceJob(who);
    if (job === "") return;
    for (const kind of ["online", "offline"] as const) if (job.includes(kind)) await runInboxJob(who, kind);
  }
  throw new Error("there is no end of it");
}

/** Crashes a user's inbox, which closes its sockets. */
async function crashInbox({ user }: SignedIn): Promise<void> {
  const stub = inboxObject(user.id);
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

const PROJECTION = /^update "users" set "online"/;

test("sockets open during a D1 outage, and the job updates D1 and the contacts later", async () => {
  const bob = await friendOfAnn();
  {
    using _ = interceptD1((query, work) => {
      if (PROJECTION.test(query)) throw new Error("D1_ERROR: Network connection lost.");
      return work();
    });
    await openDevice(bob.token);
    await openDevice(bob.token);
    await runInboxJob(bob, "online");
    expect(await lastReceived(bob)).toBe("offline");
    expect(await pendingPresenceJob(bob)).toBe("online");
  }
  await runInboxJob(bob, "online");
  await untilPresence(anns, bob, "online");
  await untilPresenceSettled(bob, "online");
  expect(await isOnlineInD1(bob)).toBe(true);
});

test("an opening socket waits for D1 for at most openTimeoutMs, and a later write of D1 still reaches contacts", async () => {
  using patience = new Patience();
  overrideTiming({ presence: { openTimeoutMs: Patience.MS } });
  const bob = await friendOfAnn();
  const { promise: queryStarted, resolve: startQuery } = Promise.withResolvers<void>();
  let isHeld = true;
  using _ = interceptD1(async (query, work) => {
    if (!PROJECTION.test(query)) return work();
    startQuery();
    await whileHeld(() => isHeld);
    return work();
  });
  const opened = openDevice(bob.token);
  await queryStarted;
  await patience.answerWithout(() => true, opened);
  expect(await lastReceived(bob)).toBe("offline");
  isHeld = false;
  await untilPresence(anns, bob, "online");
});

test("an online mark in D1 whose write seemed to fail is undone", async () => {
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
    await closeSocket(bobs);
  }
  await until(
    async () => (await pendingPresenceJob(bob)).includes("offline"),
    "`offline` is to be delivered",
  );
  await settle(bob);
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await lastReceived(bob)).toBe("offline");
});

test("a user who disconnects while `online` is being delivered is offline in the end", async () => {
  const bob = await friendOfAnn();
  let isHeld = true;
  using _ = interceptD1(async (query, work) => {
    await whileHeld(() => isHeld && query.includes("is_friend"));
    return work();
  });
  const bobs = await openDevice(bob.token);
  await closeSocket(bobs);
  await until(
    async () => (await pendingPresenceJob(bob)).includes("offline"),
    "`offline` is to be delivered",
  );
  const over = runInboxJob(bob, "offline");
  await until(async () => !(await pendingPresenceJob(bob)).includes("online"), "`online` is delivered");
  isHeld = false;
  await over;
  await settle(bob);
  expect(await isOnlineInD1(bob)).toBe(false);
  expect(await lastReceived(bob)).toBe("offline");
  // The superseded change is not delivered.
  expect(presenceEvents(anns).filter((line) => line === `${bob.user.id} online`)).toEqual([]);
});

test("a user goes offline after a crash that closes the sockets", async () => {
  const bob = await friendOfAnn();
  await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  await crashInbox(bob);
  // Only the alarm starts the inbox.
  await runInboxJob(bob, "sockets");
  await endGrace(bob);
  await untilPresence(anns, bob, "offline");
  expect(await isOnlineInD1(bob)).toBe(false);
});

const PLACES: FaultPlace[] = ["inbox", "D1 before", "D1 after"];

test.each(PLACES)(
  "connecting and disconnecting interrupted at any step of %s leads to the right state for all",
  async (place) => {
    const bob = await friendOfAnn();
    // Creates the inbox's storage.
    await call("GET", "/v1/conversations", { token: bob.token });
    expect(await eachFault(place, bob, false, () => openDevice(bob.token))).toBeGreaterThan(1);
    const disconnect = async (socket: TestSocket | null) => {
      if (socket) await closeSocket(socket);
      await runInboxJob(bob, "sockets");
      await runInboxJob(bob, "offline");
    };
    expect(await eachFault(place, bob, true, disconnect)).toBeGreaterThan(1);
  },
);

/**
 * Runs an action with a fault at its steps, starting online or offline. @returns the number of steps
 */
async function eachFault(
  place: FaultPlace,
  bob: SignedIn,
  isOnline: boolean,
  act: (socket: TestSocket | null) => Promise<unknown>,
): Promise<number> {
  let steps = 0;
  await eachStep(`${isOnline ? "disconnecting" : "connecting"}, ${place}`, ALL, async (step) => {
    const socket = isOnline ? await openDevice(bob.token) : null;
    await untilPresenceSettled(bob, isOnline ? "online" : "offline");
    using broken = await breakAt(place, step, { conversationId: 1, userId: bob.user.id });
    const done = await act(socket).catch(() => null);
    broken[Symbol.dispose]();
    await settle(bob);
    const isThere = await hasSockets(bob);
    const when = `${place} ${step}`;
    expect(await isOnlineInD1(bob), when).toBe(isThere);
    expect(await lastReceived(bob), when).toBe(isThere ? "online" : "offline");
    for (const open of [socket, done]) if (open instanceof TestSocket && open.isOpen) await closeSocket(open);
    if (isThere) await endGrace(bob);
    steps = Math.max(steps, broken.steps);
    return { isHit: broken.isHit, steps: broken.steps };
  });
  return steps;
}

/** Whether a user's inbox knows of an open socket. */
function hasSockets({ user }: SignedIn): Promise<boolean> {
  return runInDurableObject(inboxObject(user.id), (_, state) => {
    const rooms = state.storage.sql.exec("SELECT 1 FROM sockets").toArray();
    const devices = state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
    return rooms.length + devices.length > 0;
  });
}

const STEPS = ["device", "room", "close", "close all", "offline", "online", "evict", "crash", "D1"] as const;

test("after any sequence of faults D1 and contacts have the right presence", async () => {
  const bob = await friendOfAnn();
  const id = await createGroupId(bob);
  const stepSequences = fc.array(fc.constantFrom(...STEPS), { minLength: 3, maxLength: 12, size: "max" });
  const property = fc.asyncProperty(stepSequences, async (steps) => {
    let sockets: TestSocket[] = [];
    for (const step of steps) {
      using _ = step === "D1" ? refusePresence() : null;
      await execute(step);
    }
    await settle(bob);
    const isThere = await hasSockets(bob);
    expect(await isOnlineInD1(bob)).toBe(isThere);
    expect(await lastReceived(bob)).toBe(isThere ? "online" : "offline");
    await execute("close all");

    async function execute(step: (typeof STEPS)[number]): Promise<void> {
      sockets = sockets.filter(({ isOpen }) => isOpen);
      switch (step) {
        case "device":
          sockets.push(await openDevice(bob.token));
          break;
        case "room":
          sockets.push(await openRoom(id, bob.token));
          break;
        case "close":
          if (sockets.length > 0) await closeSocket(itemAt(sockets, 0));
          break;
        case "close all":
          await Promise.all(sockets.map(closeSocket));
          break;
        case "D1":
          await execute("device");
          await execute("close");
          await execute("offline");
          break;
        case "online":
        case "offline":
          await runInboxJob(bob, step);
          break;
        case "evict":
          await evictDurableObject(inboxObject(bob.user.id)).catch(() => undefined);
          break;
        case "crash":
          await crashInbox(bob);
          break;
      }
    }
  });
  await fc.assert(property, runOptions(1, 3));
});

/** Makes D1 refuse presence updates. */
function refusePresence(): Disposable {
  return interceptD1((query, work) => {
    if (PROJECTION.test(query)) throw new Error("D1_ERROR: Network connection lost.");
    return work();
  });
}
