import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { befriend, expectFriendCall } from "../../support/accounts/friends.ts";
import {
  closeSocket,
  endGrace,
  presenceEvents,
  untilCaughtUp,
  untilPresence,
  untilPresenceSettled,
} from "../../support/accounts/presence.ts";
import { register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { converse, getConversation, insertUsers } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { eventually } from "../../support/eventually.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { Costs } from "../../support/objects/costs.ts";
import { createGroupId, inboxObject } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

/** Creates `size` friends of a user, the first `online` of them online in D1. */
async function manyFriends({ user }: SignedIn, size: number, online: number): Promise<void> {
  const ids = (await insertUsers(size)).map((friend) => friend.user.id);
  const pairs = ids.flatMap((id) => [
    [user.id, id],
    [id, user.id],
  ]);
  const insert = `INSERT INTO friends (user_id, friend_id, created_at)
    SELECT value ->> 0, value ->> 1, 0 FROM json_each(?)`;
  const mark = "UPDATE users SET online = 1 WHERE id IN (SELECT value FROM json_each(?))";
  await env.DB.batch([
    env.DB.prepare(insert).bind(JSON.stringify(pairs)),
    env.DB.prepare(mark).bind(JSON.stringify(ids.slice(0, online))),
  ]);
}

/** What one presence change costs. */
interface Cost {
  /** queries to D1 for the recipients */
  queries: number;
  /** calls to inboxes that deliver the change */
  calls: number;
  /** the maximum of concurrent calls */
  atOnce: number;
}

type PushEventInput = Parameters<ReturnType<typeof env.INBOX.getByName>["pushEvent"]>[0];

/**
 * Counts costs from now on. Only the inbox of `reached` is really called, as a call to each of a thousand is
 * slow.
 */
function counting(reached?: SignedIn): Cost & Disposable {
  const { INBOX } = env;
  const getByName = INBOX.getByName.bind(INBOX);
  const cost = { queries: 0, calls: 0, atOnce: 0 };
  let concurrent = 0;
  const pushEvent = async (name: string, input: PushEventInput) => {
    cost.calls++;
    concurrent++;
    cost.atOnce = Math.max(cost.atOnce, concurrent);
    if (name === String(reached?.user.id)) await getByName(name).pushEvent(input);
    else await nextTurn();
    concurrent--;
    return { ok: true, value: null };
  };
  Object.defineProperty(INBOX, "getByName", {
    configurable: true,
    value: (name: string) =>
      Object.defineProperty(getByName(name), "pushEvent", {
        value: (input: PushEventInput) => pushEvent(name, input),
      }),
  });
  const queries = interceptD1((query, work) => {
    if (query.includes("is_friend")) cost.queries++;
    return work();
  });
  return Object.assign(cost, {
    [Symbol.dispose]() {
      Reflect.deleteProperty(INBOX, "getByName");
      queries[Symbol.dispose]();
    },
  });
}

test("of 1,200 friends only the 30 online ones are notified, after one query", async () => {
  const [ann, bob] = await registerUsers(2);
  await manyFriends(bob, 1_170, 29);
  await befriend(ann, bob);
  const anns = await openDevice(ann.token);
  await untilPresenceSettled(ann, "online");
  using cost = counting(ann);
  await openDevice(bob.token);
  await untilPresence(anns, bob, "online");
  await untilPresenceSettled(bob, "online");
  expect(cost).toMatchObject({ queries: 1, calls: 30 });
  expect(cost.atOnce).toBeLessThanOrEqual(8);
});

test("at most 1,000 of the online friends are notified, 500 in one event", async () => {
  const bob = await register();
  await manyFriends(bob, 1_100, 1_100);
  using cost = counting();
  await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  // A job goes on with the others. Each event asks for 200, 200 and 100 friends.
  await eventually(async () => expect(await outstanding(bob, "announcement")).toBe(0));
  expect(cost).toMatchObject({ queries: 6, calls: 1_000, atOnce: 8 });
});

test("with fewer calls in an event, a change of presence goes on in as many alarms", async () => {
  const bob = await register();
  await manyFriends(bob, 20, 20);
  overrideTiming({ jobs: { maxCalls: 6 } });
  using cost = counting();
  const bobs = await openDevice(bob.token);
  await untilPresenceSettled(bob, "online");
  await eventually(async () => expect(await outstanding(bob, "announcement")).toBe(0));
  expect(cost).toMatchObject({ queries: 4, calls: 20 });
  await closeSocket(bobs);
  await endGrace(bob);
  await eventually(async () => expect(await outstanding(bob, "announcement")).toBe(0));
  expect(cost).toMatchObject({ queries: 8, calls: 40 });
});

/** The number of a user's jobs of a kind that are left. */
function outstanding({ user }: SignedIn, kind: string): Promise<number> {
  return runInDurableObject(
    inboxObject(user.id),
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = ?", kind).toArray().length,
  );
}

describe("presence and account deletion", () => {
  let marker: SignedIn;

  beforeAll(async () => {
    marker = await register();
  });

  /** The `friend` and `presence` frames about user `of` that the socket of `who` has received so far. */
  async function receivedAbout(socket: TestSocket, of: SignedIn, who: SignedIn): Promise<string[]> {
    await untilCaughtUp(socket, who, marker);
    return socket.frames
      .filter(({ type, user_id }) => (type === "friend" || type === "presence") && user_id === of.user.id)
      .map(({ type, state, online }) => `${type} ${state ?? online}`);
  }

  test("a deleted user is offline and no longer a friend to friends and direct peers, and to nobody else", async () => {
    const [bob, friend, peer, blocker, stranger] = await registerUsers(5);
    await befriend(bob, friend);
    await converse(bob, peer);
    await converse(bob, blocker);
    await expectFriendCall("PUT blocks", blocker, bob);
    await createGroupId(peer, bob, stranger);
    const all = [friend, peer, blocker, stranger];
    const sockets = await Promise.all(all.map(({ token }) => openDevice(token)));
    await Promise.all(all.map((contact) => untilPresenceSettled(contact, "online")));
    const bobs = await openDevice(bob.token);
    await untilPresenceSettled(bob, "online");
    expect((await deleteAccount(bob)).status).toBe(204);
    expect((await bobs.closed()).code).toBe(4001);
    await Promise.all(sockets.slice(0, 2).map((socket) => untilPresence(socket, bob, "offline")));
    const received = await Promise.all(sockets.map((socket, i) => receivedAbout(socket, bob, all[i] ?? bob)));
    const presence = ["presence true", "presence false"];
    expect(received).toEqual([["presence true", "friend none", "presence false"], presence, [], []]);
    // The socket that the deletion closed causes no further presence.
    await untilPresenceSettled(bob, "offline");
    expect(sockets.flatMap(presenceEvents)).toHaveLength(4);
  });

  test("with more conversations and contacts than the calls of one event, all of them learn of the deletion", async () => {
    const [bob, ann] = await registerUsers(2);
    const friends = await registerUsers(5);
    for (const friend of friends) await befriend(bob, friend);
    const sockets = await Promise.all(friends.map(({ token }) => openDevice(token)));
    const ids = [];
    for (const _ of friends) ids.push(await createGroupId(ann, bob));
    overrideTiming({ jobs: { maxCalls: 3 }, accountDeletion: { retryMs: 60_000 } });
    using costs = new Costs();
    expect((await deleteAccount(bob)).status).toBe(204);
    // The alarm goes on later.
    expect(costs.callsTo(ids)).toBe(3);
    expect(await outstanding(bob, "leave")).toBe(2);
    await Promise.all(sockets.map((socket) => untilPresence(socket, bob, "offline")));
    for (const socket of sockets) expect(socket.of("friend").at(-1)).toMatchObject({ state: "none" });
    await runAccountDeletion(bob);
    expect(costs.callsTo(ids)).toBe(5);
    for (const id of ids) expect((await getConversation(ann, id)).member_count).toBe(1);
  });

  test("a refused deletion sends no presence", async () => {
    const [bob, friend] = await registerUsers(2);
    await befriend(bob, friend);
    await createGroupId(bob);
    const socket = await openDevice(friend.token);
    await untilPresenceSettled(friend, "online");
    expect((await deleteAccount(bob)).status).toBe(409);
    expect((await deleteAccount(bob, "not his password")).status).toBe(403);
    expect(await receivedAbout(socket, bob, friend)).toEqual([]);
  });
});
