import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { contactLists, expectFriendCall, unrelatedPairs } from "../../support/accounts/friends.ts";
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
  getConversation,
  insertUsers,
  listedConversation,
  openDirect,
  page,
  send,
} from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { textFrame } from "../../support/objects/room.ts";

let ann: SignedIn;
let pair: () => [SignedIn, SignedIn];

beforeAll(async () => {
  pair = await unrelatedPairs(8);
  [ann] = pair();
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

describe("a block in a race", () => {
  test("stops all sends after its answer, and unblocking allows all sends after its answer", async () => {
    const two = pair();
    const [dan, eve] = two;
    const { id } = await openDirect(dan, eve);
    const sockets = await Promise.all(two.map(({ token }) => openRoom(id, token)));
    const lastSeq = async () => Number((await getConversation(dan, id)).last_seq);
    for (let round = 0; round < 8; round++) {
      const blocker = round % 2 ? dan : eve;
      const other = round % 2 ? eve : dan;
      let over = false;
      const sending = two.map(async (who, i) => {
        for (let j = 0; !over; j++) {
          sockets[i]?.send(textFrame("racing", `${round}-${j}`));
          expect([201, 403]).toContain((await trySend(who, id)).status);
        }
      });
      for (let i = 0; i < round; i++) await nextTurn();
      await expectFriendCall("PUT blocks", blocker, other);
      const last = await lastSeq();
      for (let i = 0; i < 5; i++) {
        for (const who of two) expectProblem(await trySend(who, id), 403, "blocked");
      }
      over = true;
      await Promise.all(sending);
      for (const socket of sockets) {
        socket.send(textFrame("after", `${round}-after`));
        await socket.until(({ frames }) =>
          frames.some(({ client_msg_id }) => client_msg_id === `${round}-after`),
        );
        expect(socket.frames.find(({ client_msg_id }) => client_msg_id === `${round}-after`)).toMatchObject({
          type: "error",
          code: "blocked",
        });
      }
      expect(await lastSeq()).toBe(last);
      await expectFriendCall("DELETE blocks", blocker, other);
      for (const who of two) expect((await trySend(who, id)).status).toBe(201);
    }
    for (const socket of sockets) socket.close();
  });

  test("applies to a conversation that is opened at the same time", async () => {
    const dan = await register();
    const others = await insertUsers(30);
    const path = (id: number) => `/v1/blocks/${id}`;
    const opened = await Promise.all(
      others.map(async ({ user }, i) => {
        const block = () => call("PUT", path(user.id), { token: dan.token });
        const open = () => openDirect(dan, { user });
        const [conversation, blocked] =
          i % 2 ? await Promise.all([open(), block()]) : (await Promise.all([block(), open()])).toReversed();
        expect(blocked).toMatchObject({ status: 204 });
        return conversation;
      }),
    );
    for (const conversation of opened) {
      if (!conversation || !("id" in conversation)) throw new Error("it was opened");
      expectProblem(await trySend(dan, conversation.id), 403, "blocked");
    }
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

  test("leaves conversation and lists in agreement after twenty concurrent blocks and unblocks", async () => {
    const two = pair();
    const [dan, eve] = two;
    const { id } = await openDirect(dan, eve);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const what = i % 3 ? "PUT blocks" : "DELETE blocks";
        return i % 2 ? expectFriendCall(what, dan, eve) : expectFriendCall(what, eve, dan);
      }),
    );
    let blocked = false;
    for (const [who, other] of bothWays(dan, eve)) {
      blocked ||= (await contactLists(who)).blocks.includes(other.user.id);
    }
    if (blocked) await expectNeitherWrites(id, "blocked", two);
    else await expectBothWrite(id, two);
    for (const [who, other] of bothWays(dan, eve)) {
      await Promise.all(Array.from({ length: 25 }, () => expectFriendCall("DELETE blocks", who, other)));
    }
    await expectBothWrite(id, two);
  });
});
