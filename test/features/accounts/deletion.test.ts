import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import {
  deleteAccount,
  deletedUser,
  membershipsInD1,
  storedAnywhere,
} from "../../support/accounts/deletion.ts";
import {
  call,
  expectProblem,
  freshName,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { signInAgain } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { create, info, RULE_KEY, sigOf } from "../../surfaces/usersig/client.ts";

const NICKNAME = "Zaphod Beeblebrox";
const EMAIL = "zaphod@heart-of-gold.example";
const AVATAR = "https://avatars.example/zaphod.png";

let ann: SignedIn;
let zaphod: SignedIn;

beforeEach(async () => {
  [ann, zaphod] = await Promise.all([register(), register(freshName("zaphod"))]);
});

const me = ({ token }: SignedIn) => call("GET", "/v1/me", { token });
const put = (path: string, { token }: SignedIn) => call("PUT", path, { token });

describe("a deleted user", () => {
  test("is refused everywhere: tokens, sockets, sign-ins", async () => {
    const phone = await signInAgain(zaphod);
    const { id } = await createGroup(ann, [zaphod]);
    const sockets = [await openRoom(id, zaphod.token), await openRoom(id, phone.token)];
    const answer = await deleteAccount(zaphod);
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    for (const socket of sockets) {
      expect(await socket.next("kicked")).toEqual({ type: "kicked", reason: "session_ended" });
      expect((await socket.closed()).code).toBe(4001);
    }
    for (const device of [zaphod, phone]) {
      expectProblem(await me(device), 401, "unauthenticated");
      expectProblem(await deleteAccount(device), 401, "unauthenticated");
      expect((await upgrade(roomPath(id), device.token)).status).toBe(401);
    }
    for (const username of [zaphod.user.username, deletedUser(zaphod).username]) {
      const body = { username, password: PASSWORD };
      expectProblem(await call("POST", "/v1/login", { body }), 401, "unauthenticated");
    }
  });

  test("cannot be found, befriended, blocked, or added", async () => {
    await deleteAccount(zaphod);
    const { id } = zaphod.user;
    expectProblem(await call("GET", `/v1/users/${id}`, { token: ann.token }), 404, "not_found");
    for (const username of [zaphod.user.username, deletedUser(zaphod).username]) {
      const found = await call("GET", `/v1/users?username=${username}`, { token: ann.token });
      expect(found.body).toEqual({ items: [] });
    }
    expectProblem(await put(`/v1/friends/${id}`, ann), 404, "not_found");
    expectProblem(await put(`/v1/blocks/${id}`, ann), 404, "not_found");
    const open = (body: object) => call("POST", "/v1/conversations", { token: ann.token, body });
    expectProblem(await open({ kind: "direct", user_id: id }), 404, "not_found");
    expectProblem(await open({ kind: "group", name: "x", member_ids: [id] }), 404, "not_found");
    const group = await createGroup(ann);
    const add = { token: ann.token, body: { user_ids: [id] } };
    expectProblem(await call("POST", `/v1/conversations/${group.id}/members`, add), 404, "not_found");
  });

  test("keeps the username reserved for ever", async () => {
    await deleteAccount(zaphod);
    for (const username of [zaphod.user.username, deletedUser(zaphod).username]) {
      const body = { username, password: PASSWORD };
      expectProblem(await call("POST", "/v1/register", { body }), 409, "conflict");
    }
  });

  test("keeps the messages of a direct conversation, which becomes read-only", async () => {
    const { id } = await openDirect(ann, zaphod);
    await send(zaphod, id, "so long");
    const socket = await openRoom(id, ann.token);
    await deleteAccount(zaphod);
    const peer = { ...deletedUser(zaphod), online: false };
    for (const shown of [await getConversation(ann, id), await listedConversation(ann, id)]) {
      expect(shown).toMatchObject({ peer, name: peer.username, disabled: true, member_count: 1 });
      expect(shown.last_message).toMatchObject({ sender: deletedUser(zaphod), body: { text: "so long" } });
    }
    expect((await page(ann, id)).items.map(({ sender }) => sender)).toEqual([deletedUser(zaphod)]);
    const body = { kind: "text", body: { text: "hello?" } };
    const refused = await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
    expectProblem(refused, 403, "forbidden");
    await socket.untilProcessed();
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
  });

  test("leaves groups with a system message, and keeps the messages there", async () => {
    const { id } = await createGroup(ann, [zaphod]);
    await send(zaphod, id, "so long");
    const socket = await openRoom(id, ann.token);
    await deleteAccount(zaphod);
    await socket.until(({ seqs }) => seqs.includes(2));
    const [left] = socket.messages;
    const body = { event: "left", actor_id: zaphod.user.id, user_ids: [zaphod.user.id] };
    expect(left).toMatchObject({ kind: "tip", sender: deletedUser(zaphod), body });
    expect((await page(ann, id)).items.map(({ sender }) => sender)).toEqual([
      deletedUser(zaphod),
      deletedUser(zaphod),
    ]);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
    const members = await call("GET", `/v1/conversations/${id}/members`, { token: ann.token });
    expect(members.body).toMatchObject({ items: [{ user: { id: ann.user.id } }] });
    expect(await membershipsInD1(zaphod)).toEqual({ [id]: "left" });
  });
});

test("a wrong password is forbidden, changes nothing, and counts for the session", async () => {
  const { id } = await createGroup(ann, [zaphod]);
  await untilCheckpoint(ConversationId.parse(id));
  const before = await storedInConversation(id);
  for (let guess = 0; guess < 10; guess++) {
    expectProblem(await deleteAccount(zaphod, "not the password"), 403, "forbidden");
  }
  expectProblem(await deleteAccount(zaphod), 429, "locked");
  const body = { username: zaphod.user.username, password: PASSWORD };
  expect((await call("POST", "/v1/login", { body })).status).toBe(200);
  expect((await me(zaphod)).body).toMatchObject({ username: zaphod.user.username });
  expect(await storedInConversation(id)).toBe(before);
});

test("an invalid password field is refused", async () => {
  const nothing = { token: zaphod.token, body: {} };
  expectProblem(await call("DELETE", "/v1/me", nothing), 400, "validation_failed");
  for (const password of [null, 1, true, [], {}, "\u0000", "\ud800"]) {
    expectProblem(await deleteAccount(zaphod, password), 400, "validation_failed");
  }
  expect((await me(zaphod)).status).toBe(200);
});

test("an owner must hand over or dissolve first", async () => {
  const [kept, handedOver] = [await createGroup(zaphod, [ann]), await createGroup(zaphod, [ann])];
  const refused = await deleteAccount(zaphod);
  expectProblem(refused, 409, "conflict");
  expect(refused.body).toMatchObject({ detail: expect.stringContaining(String(kept.id)) });
  expect((await me(zaphod)).body).toMatchObject({ username: zaphod.user.username });
  const { token } = zaphod;
  const successor = { token, body: { user_id: ann.user.id } };
  expect((await call("POST", `/v1/conversations/${handedOver.id}/owner`, successor)).status).toBe(200);
  expectProblem(await deleteAccount(zaphod), 409, "conflict");
  expect((await call("DELETE", `/v1/conversations/${kept.id}`, { token })).status).toBe(204);
  expect((await deleteAccount(zaphod)).status).toBe(204);
  expect(await getConversation(ann, handedOver.id)).toMatchObject({ owner_id: ann.user.id, member_count: 1 });
});

test("a deletion removes friends, requests and blocks on both sides", async () => {
  const [bob, cem, dan] = await Promise.all([register(), register(), register()]);
  await put(`/v1/friends/${ann.user.id}`, zaphod);
  await put(`/v1/friends/${zaphod.user.id}`, ann);
  await put(`/v1/friends/${bob.user.id}`, zaphod);
  await put(`/v1/friends/${zaphod.user.id}`, cem);
  await put(`/v1/blocks/${zaphod.user.id}`, dan);
  await put(`/v1/blocks/${dan.user.id}`, zaphod);
  const rows = () =>
    env.DB.prepare(
      `SELECT (SELECT count(*) FROM friends WHERE ?1 IN (user_id, friend_id)) AS friends,
         (SELECT count(*) FROM friend_requests WHERE ?1 IN (user_id, from_id)) AS requests,
         (SELECT count(*) FROM blocks WHERE ?1 IN (user_id, blocked_id)) AS blocks`,
    )
      .bind(zaphod.user.id)
      .first();
  expect(await rows()).toEqual({ friends: 2, requests: 2, blocks: 2 });
  expect((await deleteAccount(zaphod)).status).toBe(204);
  expect(await rows()).toEqual({ friends: 0, requests: 0, blocks: 0 });
  const lists = [
    await call("GET", "/v1/friends", { token: ann.token }),
    await call("GET", "/v1/friends/requests", { token: bob.token }),
    await call("GET", "/v1/blocks", { token: dan.token }),
  ];
  for (const { body } of lists) expect(body).toEqual({ items: [], next_cursor: null });
});

test("a deletion erases all personal data", async () => {
  const profile = {
    ...{ nickname: NICKNAME, email: EMAIL, avatar: AVATAR, signature: `I am ${NICKNAME}` },
    ...{ gender: "gender-x", birthday: "1952-03-11", location: "Betelgeuse", language: "galactic" },
  };
  const { token } = zaphod;
  expect((await call("PATCH", "/v1/me", { token, body: profile })).status).toBe(200);
  await call("POST", "/v1/login", { body: { username: zaphod.user.username, password: "wrong" } });
  const phone = await call("POST", "/v1/login", {
    body: { username: zaphod.user.username, password: PASSWORD },
    headers: { "User-Agent": "Infinite Improbability Drive" },
  });
  expect(phone.status).toBe(200);
  const direct = await openDirect(ann, zaphod);
  const [group, before, closed, requested] = [
    await createGroup(ann, [zaphod]),
    await createGroup(ann, [zaphod]),
    await createGroup(zaphod, [ann]),
    await createGroup(ann),
  ];
  for (const { id } of [direct, group, before, closed]) {
    await send(zaphod, id, "a message stays");
    await send(ann, id, {
      kind: "text",
      body: { text: "quoting" },
      quote_seq: 1,
      mentions: [zaphod.user.id],
    });
  }
  const card = { token, body: { name_card: `${NICKNAME} here` } };
  const member = `/v1/conversations/${group.id}/members/${zaphod.user.id}`;
  expect((await call("PATCH", member, card)).status).toBe(200);
  expect((await call("POST", `/v1/conversations/${before.id}/leave`, { token })).status).toBe(204);
  expect((await call("DELETE", `/v1/conversations/${closed.id}`, { token })).status).toBe(204);
  const joinRequest = { token, body: { message: `let ${NICKNAME} in` } };
  const joinAnswer = await call("POST", `/v1/conversations/${requested.id}/join`, joinRequest);
  expect(joinAnswer.body).toEqual({ state: "requested" });

  const conversations = [direct.id, group.id, before.id, closed.id, requested.id];
  const traces = [
    ...[zaphod.user.username, "Beeblebrox", "heart-of-gold", "avatars.example", "gender-x", "1952-03-11"],
    ...["Betelgeuse", "galactic", "Improbability"],
  ];
  const stored = await storedAnywhere(conversations, [ann, zaphod]);
  for (const trace of traces) expect(stored).toContain(trace);

  expect((await deleteAccount(zaphod)).status).toBe(204);

  const storedAfter = await storedAnywhere(conversations, [ann, zaphod]);
  for (const trace of traces) expect(storedAfter).not.toContain(trace);
  expect(storedAfter).toContain("a message stays");
  expect(
    await env.DB.prepare("SELECT * FROM former_usernames WHERE username = ?")
      .bind(zaphod.user.username)
      .first(),
  ).toEqual({ username: zaphod.user.username, keys_version: 0 });
  expect(Object.values(await membershipsInD1(zaphod))).not.toContain("active");
  const pendingRequests = await call("GET", `/v1/conversations/${requested.id}/applications`, {
    token: ann.token,
  });
  expect(pendingRequests.body).toEqual({ items: [], next_cursor: null });
  expect((await page(ann, group.id)).items.at(-1)).toMatchObject({
    kind: "tip",
    sender: deletedUser(zaphod),
  });
});

describe("a user without a password, whom a service signs in", () => {
  test.each([[{}], [{ password: "" }], [{ password: PASSWORD }]])(
    "deletes the account with %j",
    async (body) => {
      const { user_id } = await create();
      const token = await sigOf(user_id);
      expect((await call("DELETE", "/v1/me", { token, body })).status).toBe(204);
      expectProblem(await call("GET", "/v1/me", { token }), 401, "unauthenticated");
      expect((await info(user_id, { token: RULE_KEY })).body).not.toMatchObject({ code: 200 });
    },
  );

  test("has none to change", async () => {
    const { user_id } = await create();
    const token = await sigOf(user_id);
    for (const current of ["", PASSWORD]) {
      const body = { current, next: "an entirely new one" };
      expectProblem(await call("POST", "/v1/me/password", { token, body }), 403, "forbidden");
    }
    expect(await sigOf(user_id)).toMatch(/./);
  });
});
