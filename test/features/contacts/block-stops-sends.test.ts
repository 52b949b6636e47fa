import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { UserId } from "../../../src/domain/ids.ts";
import {
  befriend,
  contactLists,
  expectFriendCall,
  friendCall,
  unrelatedPairs,
} from "../../support/accounts/friends.ts";
import { app } from "../../support/app.ts";
import {
  type Answer,
  call,
  expectProblem,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  ask,
  countRowsInD1,
  createGroup,
  getConversation,
  insertUsers,
  listedConversation,
  openDirect,
  page,
  send,
} from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { textFrame } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let pair: () => [SignedIn, SignedIn];

beforeAll(async () => {
  pair = await unrelatedPairs(8);
  [ann, bob] = pair();
});

const bothWays = (one: SignedIn, other: SignedIn) =>
  [
    [one, other],
    [other, one],
  ] as const;

const trySend = ({ token }: SignedIn, id: number, fields: object = {}): Promise<Answer> =>
  ask({ token }, id, "POST", "/messages", { kind: "text", body: { text: "hello" }, ...fields });

/** Expects sends of both users to be refused with `code`, and `disabled` to be true in both views. */
async function expectNeitherWrites(
  id: number,
  code: "blocked" | "forbidden",
  two: SignedIn[],
): Promise<void> {
  const before = (await page(two[0] ?? ann, id)).items.length;
  for (const who of two) {
    expectProblem(await trySend(who, id), 403, code);
    const socket = await openRoom(id, who.token);
    socket.send(textFrame("hello", "mine"));
    expect(await socket.next("error")).toMatchObject({ code, client_msg_id: "mine" });
    socket.close();
    expect((await getConversation(who, id)).disabled).toBe(true);
    expect((await listedConversation(who, id)).disabled).toBe(true);
  }
  expect((await page(two[0] ?? ann, id)).items).toHaveLength(before);
}

/** Expects sends of both users to succeed, and `disabled` to be false in both views. */
async function expectBothWrite(id: number, two: SignedIn[]): Promise<void> {
  for (const who of two) {
    expect((await trySend(who, id)).status).toBe(201);
    expect((await getConversation(who, id)).disabled).toBe(false);
    expect((await listedConversation(who, id)).disabled).toBe(false);
  }
}

describe("a block", () => {
  test("hides the typing of both users", async () => {
    const [dan, eve] = pair();
    const { id } = await openDirect(dan, eve);
    await expectFriendCall("PUT blocks", dan, eve);
    const sockets = await Promise.all([dan, eve].map(({ token }) => openRoom(id, token)));
    for (const socket of sockets) socket.send({ type: "typing" });
    for (const socket of sockets) await socket.untilProcessed();
    for (const socket of sockets) await socket.untilProcessed();
    expect(sockets.flatMap((socket) => socket.of("typing"))).toEqual([]);
    await expectFriendCall("DELETE blocks", dan, eve);
    sockets[0]?.send({ type: "typing" });
    expect(await sockets[1]?.next("typing")).toMatchObject({ user_id: dan.user.id });
  });

  test("refuses sends of both users until the last block is lifted", async () => {
    const two = pair();
    const [dan, eve] = two;
    const { id } = await openDirect(dan, eve);
    await expectBothWrite(id, two);
    await expectFriendCall("PUT blocks", dan, eve);
    await expectNeitherWrites(id, "blocked", two);
    await expectFriendCall("PUT blocks", eve, dan);
    await expectFriendCall("DELETE blocks", dan, eve);
    await expectNeitherWrites(id, "blocked", two);
    await expectFriendCall("DELETE blocks", eve, dan);
    await expectBothWrite(id, two);
  });

  test("applies to a conversation opened later: it can be opened and read, not written", async () => {
    const two = pair();
    const [dan, eve] = two;
    await expectFriendCall("PUT blocks", eve, dan);
    const { id, disabled } = await openDirect(dan, eve);
    expect(disabled).toBe(true);
    await expectNeitherWrites(id, "blocked", two);
    await expectFriendCall("DELETE blocks", eve, dan);
    await expectBothWrite(id, two);
  });

  test("applies to a conversation that is created between the block's lookup and its write to D1", async () => {
    const two = pair();
    const [dan, eve] = two;
    let id = 0;
    const DB = new Proxy(env.DB, {
      get(target, key) {
        if (key === "prepare") return target.prepare.bind(target);
        if (key !== "batch") return Reflect.get(target, key);
        return async (statements: D1PreparedStatement[]) => {
          id = (await openDirect(dan, eve)).id;
          await send(eve, id, "before the block");
          return target.batch(statements);
        };
      },
    });
    const blockRequest = request("PUT", `/v1/blocks/${eve.user.id}`, { token: dan.token });
    const blocked = await app.fetch(blockRequest, { ...env, DB }, createExecutionContext());
    expect([blocked.status, id > 0]).toEqual([204, true]);
    await expectNeitherWrites(id, "blocked", two);
  });

  test("leaves old messages readable and revocable, and answers a repeated send with the first message", async () => {
    const two = pair();
    const [dan, eve] = two;
    const { id } = await openDirect(dan, eve);
    const first = await trySend(dan, id, { client_msg_id: "a" });
    await send(eve, id, "two");
    await expectFriendCall("PUT blocks", eve, dan);
    expect(await trySend(dan, id, { client_msg_id: "a" })).toMatchObject({ status: 200, body: first.body });
    expectProblem(await trySend(dan, id, { client_msg_id: "b" }), 403, "blocked");
    expect((await page(dan, id)).items).toHaveLength(2);
    const read = { token: dan.token, body: { seq: 2 } };
    expect((await call("PUT", `/v1/conversations/${id}/read`, read)).status).toBe(200);
    const revoke = `/v1/conversations/${id}/messages/1?for=everyone`;
    expect((await call("DELETE", revoke, { token: dan.token })).status).toBe(204);
  });

  test("ends a friendship, and lifting it does not restore the friendship", async () => {
    const [dan, eve] = pair();
    await befriend(dan, eve);
    await expectFriendCall("PUT blocks", dan, eve);
    await expectFriendCall("DELETE blocks", dan, eve);
    for (const [who, other] of bothWays(dan, eve)) {
      for (const list of Object.values(await contactLists(who))) expect(list).not.toContain(other.user.id);
    }
  });

  test("changes nothing for other users and nothing in groups", async () => {
    const [[dan, eve], fay] = [pair(), await register()];
    const { id } = await createGroup(dan, [eve]);
    const others = await openDirect(dan, fay);
    await expectFriendCall("PUT blocks", dan, eve);
    await send(eve, id, "still here");
    await send(dan, id, "so am I");
    await send(dan, others.id, "hello");
    expect((await getConversation(dan, id)).disabled).toBe(false);
    expect(await contactLists(fay)).toEqual({ friends: [], requests: [], blocks: [] });
  });

  test.each(["by the user who adds", "by the user who is added"])(
    "%s prevents a new group with both",
    async (whose) => {
      const [[dan, eve], fay] = [pair(), await register()];
      await (whose.includes("adds")
        ? expectFriendCall("PUT blocks", dan, eve)
        : expectFriendCall("PUT blocks", eve, dan));
      const before = await countRowsInD1();
      const body = { kind: "group", name: "x", member_ids: [fay.user.id, eve.user.id] };
      expectProblem(await call("POST", "/v1/conversations", { token: dan.token, body }), 403, "blocked");
      expect(await countRowsInD1()).toEqual(before);
      // A third user may add two users who block each other.
      expect((await createGroup(fay, [dan, eve])).member_count).toBe(3);
    },
  );

  test("of one of 300 members prevents a new group", async () => {
    const [dan, others] = [await register(), await insertUsers(300)];
    const last = others.at(-1);
    if (!last) throw new Error("there are others");
    await expectFriendCall("PUT blocks", dan, last);
    const body = { kind: "group", name: "x", member_ids: others.map(({ user }) => user.id) };
    expectProblem(await call("POST", "/v1/conversations", { token: dan.token, body }), 403, "blocked");
  });
});

describe("a friends-only conversation", () => {
  /** Creates a friends-only conversation in D1, as v1 has no call for it. */
  async function friendsOnly(one: SignedIn, other: SignedIn): Promise<number> {
    const ids = [one.user.id, other.user.id].toSorted((a, b) => a - b);
    const insert =
      "INSERT INTO conversations (kind, low_user_id, high_user_id, friends_only, created_at) VALUES ('direct', ?, ?, 1, 1)";
    await env.DB.prepare(insert)
      .bind(...ids)
      .run();
    return (await openDirect(one, other)).id;
  }

  test("is writable only while both are friends", async () => {
    const two = pair();
    const [dan, eve] = two;
    const id = await friendsOnly(dan, eve);
    await expectNeitherWrites(id, "forbidden", two);
    await expectFriendCall("PUT friends", dan, eve);
    await expectNeitherWrites(id, "forbidden", two);
    await expectFriendCall("PUT friends", eve, dan);
    await expectBothWrite(id, two);
    await expectFriendCall("DELETE friends", dan, eve);
    await expectNeitherWrites(id, "forbidden", two);
    await befriend(eve, dan);
    await expectFriendCall("PUT blocks", eve, dan);
    await expectNeitherWrites(id, "blocked", two);
    await expectFriendCall("DELETE blocks", eve, dan);
    // The friendship is not restored.
    await expectNeitherWrites(id, "forbidden", two);
  });

  test("of friends is writable from the start, and the flag in D1 is read only at creation", async () => {
    const two = pair();
    const [dan, eve] = two;
    await befriend(dan, eve);
    const id = await friendsOnly(dan, eve);
    await expectBothWrite(id, two);
    const { id: free } = await openDirect(ann, bob);
    await env.DB.prepare("UPDATE conversations SET friends_only = 1 WHERE id = ?").bind(free).run();
    await expectFriendCall("PUT blocks", ann, bob);
    await expectFriendCall("DELETE blocks", ann, bob);
    expect((await trySend(ann, free)).status).toBe(201);
    await env.DB.prepare("UPDATE conversations SET friends_only = 0 WHERE id = ?").bind(free).run();
  });
});

test("a conversation with a deleted user is disabled", async () => {
  const [[dan], eve] = [pair(), await register()];
  const { id } = await openDirect(dan, eve);
  await env.DB.prepare("UPDATE users SET deleted_at = 1 WHERE id = ?").bind(eve.user.id).run();
  expect((await getConversation(dan, id)).disabled).toBe(true);
  expect((await listedConversation(dan, id)).disabled).toBe(true);
});

test("blocking a user who does not exist changes nothing", async () => {
  const before = await countRowsInD1();
  expectProblem(
    await friendCall("PUT blocks", ann, { user: { id: UserId.parse(99_999_999) } }),
    404,
    "not_found",
  );
  expect(await countRowsInD1()).toEqual(before);
});
