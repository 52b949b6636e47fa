import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteOrphanedBots } from "../../../src/core/accounts/account-deletion.ts";
import { UserId } from "../../../src/domain/ids.ts";
import { InboxStubs } from "../../../src/inbox/stub.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import {
  call,
  expectProblem,
  freshName,
  PASSWORD,
  register,
  registerUsers,
  type SignedIn,
} from "../../support/clients/api.ts";
import { ask, createGroup, openForSelf, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";
import * as appkey from "../../surfaces/appkey/client.ts";
import { data as tim } from "../../surfaces/tim/client.ts";

const Bot = z.strictObject({
  ...{ id: z.int(), username: z.string(), nickname: z.string(), avatar: z.string() },
  ...{ bot: z.literal(true), online: z.boolean(), token: z.string() },
});

let ann: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

const make = (who: { token: string }, fields: object = {}) =>
  call("POST", "/v1/bots", { token: who.token, body: { nickname: "Weather", ...fields } });

/** Makes a bot, and asserts success. @returns it as a signed-in user */
async function made(who: { token: string }, fields: object = {}) {
  const answer = await make(who, fields);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const { token, ...user } = Bot.parse(answer.body);
  return { token, user };
}

const listOf = async ({ token }: { token: string }) => {
  const { body } = await call("GET", "/v1/bots", { token });
  return z.strictObject({ items: z.array(Bot.omit({ token: true }).strict()) }).parse(body).items;
};

const READERS = "/message/getGroupMessageReadMemberList";

const on = ({ user }: { user: { id: number } }, rest = "") => `/v1/bots/${user.id}${rest}`;

test("a user makes a bot, which is a user of its own with a token", async () => {
  const username = freshName("bot");
  const bot = await made(ann, { username, avatar: "https://example.com/a.png" });
  expect(bot.user).toMatchObject({ username, nickname: "Weather", bot: true });
  const { id } = await createGroup(ann, [bot, bob]);
  const device = await openDevice(bot.token);
  await send(bot, id, { kind: "text", body: { text: "sun" }, buttons: [[{ text: "More", data: "m" }]] });
  expect((await page(bob, id)).items.at(-1)?.sender).toMatchObject({ id: bot.user.id, bot: true });
  device.close();
  expect(await listOf(ann)).toMatchObject([{ id: bot.user.id, nickname: "Weather" }]);
  expect(JSON.stringify(await listOf(ann))).not.toContain(bot.token);
  // It has no password, and a made-up name where none is given.
  expect((await call("POST", "/v1/login", { body: { username, password: PASSWORD } })).status).toBe(401);
  expect((await made(ann)).user.username).not.toBe("");
});

test("its maker changes its name, and nobody else has a say", async () => {
  const bot = await made(bob);
  const path = on(bot);
  const changed = await call("PATCH", path, { token: bob.token, body: { nickname: "Sun" } });
  expect(changed).toMatchObject({ status: 200, body: { id: bot.user.id, nickname: "Sun", bot: true } });
  expect(await listOf(bob)).toMatchObject([{ nickname: "Sun" }]);
  for (const who of [ann, bot]) {
    expectProblem(await call("PATCH", path, { token: who.token, body: { nickname: "x" } }), 404, "not_found");
    expectProblem(await call("POST", `${path}/token`, { token: who.token }), 404, "not_found");
    expectProblem(await call("DELETE", path, { token: who.token }), 404, "not_found");
  }
  // A person is no bot of anybody's.
  expectProblem(await call("DELETE", on(ann), { token: bob.token }), 404, "not_found");
  expectProblem(await make(bot), 403, "forbidden");
  expect(await listOf(bot)).toEqual([]);
});

test("of many bots that are made at once, five are there", async () => {
  const [cem] = await registerUsers(1);
  const answers = await Promise.all(Array.from({ length: 50 }, () => make(cem)));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array(5).fill(201), ...Array(45).fill(409)]);
  expect(await listOf(cem)).toHaveLength(5);
  // A deleted one makes room.
  const [first] = await listOf(cem);
  expect((await call("DELETE", `/v1/bots/${first?.id}`, { token: cem.token })).status).toBe(202);
  await made(cem);
  expectProblem(await make(cem), 409, "conflict");
});

test("a new token ends the one before, with its sockets", async () => {
  const [cem] = await registerUsers(1);
  const bot = await made(cem);
  const device = await openDevice(bot.token);
  const answer = await call("POST", on(bot, "/token"), { token: cem.token });
  const { token } = Bot.parse(answer.body);
  expect(await device.next("kicked")).toMatchObject({ reason: "session_ended" });
  expectProblem(await call("GET", "/v1/me", { token: bot.token }), 401, "unauthenticated");
  expect((await call("GET", "/v1/me", { token })).status).toBe(200);
});

describe("what is refused", () => {
  test.for<[string, object]>([
    ["no nickname", { nickname: "" }],
    ["a long nickname", { nickname: "x".repeat(65) }],
    ["a bad username", { username: "a b" }],
    ["an avatar that is no URL", { avatar: "javascript:alert(1)" }],
  ])("%s", async ([, fields]) => {
    expectProblem(await make(ann, fields), 400, "validation_failed");
  });

  test("a taken username, and one that looks like another", async () => {
    expectProblem(await make(ann, { username: bob.user.username }), 409, "conflict");
    expectProblem(await make(ann, { username: bob.user.username.replace("u", "ս") }), 409, "conflict");
  });
});

test("a bot begins no conversation with a stranger, and answers in one that they began", async () => {
  const [cem, dan] = await registerUsers(2);
  const bot = await made(cem);
  const begin = { kind: "direct", user_id: dan.user.id };
  expectProblem(await call("POST", "/v1/conversations", { token: bot.token, body: begin }), 403, "forbidden");
  // Nobody has to wait for the consent of a bot, whatever the server asks of others.
  const { id } = await openForSelf(dan, bot);
  await send(dan, id, "hello");
  expect((await call("POST", "/v1/conversations", { token: bot.token, body: begin })).status).toBe(200);
  await send(bot, id, "hello yourself");
  expect((await page(dan, id)).items).toHaveLength(2);
});

test("a bot writes to its maker first, who is not asked, also where users begin few conversations", async () => {
  const cem = await register();
  const choices = { who_may_write: "contacts" };
  expect((await call("PATCH", "/v1/me", { token: cem.token, body: choices })).status).toBe(200);
  for (const DIRECT of ["", "shared", "friends"]) {
    const bot = await made(cem);
    const body = { kind: "direct", user_id: cem.user.id };
    const headers = { Authorization: `Bearer ${bot.token}` };
    const begun = await wire({
      method: "POST",
      path: "/v1/conversations",
      headers,
      body,
      settings: { DIRECT },
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const { id } = z.looseObject({ id: z.int() }).parse(begun.body);
    await send(bot, id, `begun: ${DIRECT}`);
    expect((await page(cem, id)).items.map(({ body: said }) => said)).toEqual([{ text: `begun: ${DIRECT}` }]);
  }
  const { body } = await call("GET", "/v1/requests", { token: cem.token });
  expect(body).toMatchObject({ items: [] });
});

describe("the end of its maker", () => {
  test("a deleted account takes its bots with it", async () => {
    const [cem] = await registerUsers(1);
    const bot = await made(cem);
    const { id } = await createGroup(ann, [bot]);
    const owned = await createGroup(bot, [ann]);
    const leave = { token: cem.token, body: { password: PASSWORD } };
    expectProblem(await call("DELETE", "/v1/me", leave), 409, "conflict");
    expectProblem(await call("DELETE", on(bot), { token: cem.token }), 409, "conflict");
    await ask(bot, owned.id, "DELETE", "");
    expect((await call("DELETE", "/v1/me", leave)).status).toBe(204);
    expectProblem(await call("GET", "/v1/me", { token: bot.token }), 401, "unauthenticated");
    const { body } = await ask(ann, id, "GET", "/members");
    expect(JSON.stringify(body)).not.toContain(`"id":${bot.user.id}`);
  });

  test("a bot that a crash has left is deleted by the hourly job", async () => {
    const [cem] = await registerUsers(1);
    const bot = await made(cem);
    await env.DB.prepare("UPDATE users SET deleted_at = 1 WHERE id = ?").bind(cem.user.id).run();
    await deleteOrphanedBots({
      db: openDatabase(env.DB),
      inboxes: new InboxStubs(env.INBOX, timing.rpcRetry),
    });
    expectProblem(await call("GET", "/v1/me", { token: bot.token }), 401, "unauthenticated");
  });
});

test("a deleted bot is shown as a deleted user, and its taps are refused", async () => {
  const cem = await register();
  const bot = await made(cem);
  const { id } = await createGroup(cem, [bot]);
  const asking = { kind: "text", body: { text: "?" }, buttons: [[{ text: "Yes", data: "yes" }]] };
  const { seq } = await send(bot, id, asking);
  expect((await call("DELETE", on(bot), { token: cem.token })).status).toBe(202);
  expectProblem(await ask(cem, id, "POST", `/messages/${seq}/taps`, { data: "yes" }), 403, "forbidden");
  expectProblem(await call("DELETE", on(bot), { token: cem.token }), 404, "not_found");
});

test("a bot is no reader, over every API that counts readers", async () => {
  const bot = await made(ann);
  const { id } = await createGroup(ann, [bot, bob]);
  const { seq } = await send(ann, id, "anybody?");
  const read = (who: { token: string }) => ask(who, id, "PUT", "/read", { seq });
  const Listed = z.array(z.looseObject({ message: z.looseObject({ ID: z.string() }) }));
  const listed = await tim(Listed, ann, "/message/getMessageList", { conversationID: `GROUP${id}` });
  const { ID } = itemAt(listed, 0).message;
  const counts = async () => {
    const infos = await tim(z.unknown(), ann, "/message/getMessageReadReceiptList", { messageList: [ID] });
    const of = { message: ID, count: 100 };
    const readers = await tim(z.looseObject({ readUserIDList: z.array(z.string()) }), ann, READERS, {
      ...of,
      filter: 0,
    });
    const others = await tim(z.looseObject({ unreadUserIDList: z.array(z.string()) }), ann, READERS, {
      ...of,
      filter: 1,
    });
    const { readCount, unreadCount } = Object(infos).messageList[0].readReceiptInfo;
    const [shown] = await appkey.list(ann, appkey.wireIdOf(id));
    return [readCount, unreadCount, readers.readUserIDList, others.unreadUserIDList, shown?.isread];
  };
  await read(bot);
  expect(await counts()).toEqual([0, 1, [], [bob.user.username], 0]);
  await read(bob);
  expect(await counts()).toEqual([1, 0, [bob.user.username], [], 1]);
  const { items } = Object((await ask(bob, id, "GET", "/receipts")).body);
  const positions = [ann, bot, bob].map(({ user }) => {
    const isBot = user.id === bot.user.id;
    return { user_id: user.id, read_seq: seq, read_at: expect.any(Number), ...(isBot && { bot: true }) };
  });
  expect(items.sort((a: { user_id: number }, b: { user_id: number }) => a.user_id - b.user_id)).toEqual(
    positions.sort((a, b) => a.user_id - b.user_id),
  );
  // Of two, the bot is whom the message is for.
  const direct = await appkey.open(ann, { ...bob, user: { ...bob.user, id: UserId.parse(bot.user.id) } });
  await appkey.send(ann, direct, "are you there?");
  await ask(bot, appkey.idOf(direct), "PUT", "/read", { seq: 1 });
  expect(await appkey.list(ann, direct)).toMatchObject([{ isread: 1 }]);
});
