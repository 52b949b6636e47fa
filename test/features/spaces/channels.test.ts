import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { conversationPath } from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { as, Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve, general } = scene);
});

test("a channel is in the lists of its followers, over all APIs", async () => {
  await send(ann, general, "hello");
  expect((await list(bob)).items).toMatchObject([{ id: general, space_id: scene.id, unread_count: 1 }]);
  for (const { unread } of DRIVERS) if (unread) expect(await unread(bob, general)).toBe(1);
  for (const { history } of DRIVERS)
    if (history) expect((await history(bob, general)).map(({ text }) => text)).toEqual(["hello"]);
});

test("a channel is looked at by every member, and followed by who writes", async () => {
  const seeds = await scene.addChannel("seeds");
  await send(ann, seeds, "hello");
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "viewer", unread_count: 0 });
  expect((await page(bob, seeds)).items).toMatchObject([{ body: { text: "hello" } }]);
  expect((await list(bob)).items.map(({ id }) => id)).toEqual([general]);
  const room = await openRoom(seeds, bob.token);
  await send(ann, seeds, "more");
  await room.next("message");
  await send(bob, seeds, "hi");
  expect((await list(bob)).items.map(({ id }) => id)).toEqual([seeds, general]);
  expect(await scene.channels(bob)).toMatchObject([
    { name: "general", following: true },
    { name: "seeds", following: true },
  ]);
});

test("a channel is followed, and followed no more, as one says", async () => {
  const seeds = await scene.addChannel("seeds");
  const follow = (who: SignedIn, method: string) => ask(who, seeds, method, "/follow");
  expect((await follow(bob, "PUT")).status).toBe(204);
  expect((await follow(bob, "PUT")).status).toBe(204);
  await send(ann, seeds, "hello");
  expect((await list(bob)).items).toMatchObject([{ id: seeds, unread_count: 1 }, { id: general }]);
  expect((await follow(bob, "DELETE")).status).toBe(204);
  expect((await list(bob)).items.map(({ id }) => id)).toEqual([general]);
  expect((await page(bob, seeds)).items).toHaveLength(1);
  expectProblem(await follow(eve, "PUT"), 404, "not_found");
  expectProblem(await follow(ann, "DELETE"), 409, "conflict");
});

test("a channel does not exist for who is not in the space, whatever they ask", async () => {
  await send(ann, general, "secret");
  const asked: (readonly [string, string, object?])[] = [
    ["GET", ""],
    ["GET", "/messages"],
    ["GET", "/members"],
    ["GET", "/messages/1"],
    ["POST", "/messages", { kind: "text", body: { text: "x" } }],
    ["POST", "/join", {}],
    ["PUT", "/read", { seq: 1 }],
    ["PUT", "/messages/1/reactions/:yes:"],
    ["GET", "/pins"],
  ];
  for (const [method, path, body] of asked)
    expectProblem(await ask(eve, general, method, path, body), 404, "not_found");
  expectProblem(await as(eve, "GET", `/v1/groups/${general}`), 404, "not_found");
  expect((await list(eve)).items).toEqual([]);
});

test("a channel takes nobody in but by its space", async () => {
  expectProblem(await ask(ann, general, "POST", "/members", { user_ids: [eve.user.id] }), 403, "forbidden");
  expectProblem(await ask(ann, general, "POST", "/invitations", {}), 403, "forbidden");
  expectProblem(await ask(bob, general, "POST", "/leave"), 403, "forbidden");
  expect((await getConversation(ann, general)).member_count).toBe(2);
});

test("a member who takes part in a channel follows it", async () => {
  const seeds = await scene.addChannel("seeds");
  await send(ann, seeds, "hello");
  expect((await ask(bob, seeds, "GET", "/members")).status).toBe(200);
  expect((await ask(bob, seeds, "GET", "/receipts")).status).toBe(200);
  expectProblem(await ask(bob, seeds, "PUT", "/messages/1/pin"), 403, "forbidden");
  expectProblem(await ask(bob, seeds, "PUT", "/messages/9/reactions/:yes:"), 404, "not_found");
  await expectAsked(ann, seeds, "PATCH", "", { may_write: "admins" });
  const message = { kind: "text", body: { text: "x" } };
  expectProblem(await ask(bob, seeds, "POST", "/messages", message), 403, "forbidden");
  await expectAsked(ann, seeds, "PATCH", "", { may_write: "members" });
  expect((await list(bob)).items.map(({ id }) => id)).toEqual([general]);
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "viewer", member_count: 1 });
  await expectAsked(bob, seeds, "PUT", "/messages/1/reactions/:yes:");
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "member", member_count: 2 });
});

test("a member writes over each API in a channel that they did not follow", async () => {
  for (const { name, send: write } of DRIVERS) {
    const channel = await scene.addChannel(`for ${name}`);
    if (!write) continue;
    await write(bob, channel, "hello");
    expect((await page(ann, channel)).items, name).toMatchObject([{ body: { text: "hello" } }]);
    expect((await list(bob)).items.map(({ id }) => id)).toContain(channel);
  }
});

test("a member forwards into a channel that they did not follow", async () => {
  const seeds = await scene.addChannel("seeds");
  await send(ann, general, "worth it");
  await send(bob, seeds, { forward: { conversation_id: general, seq: 1 } });
  expect((await page(ann, seeds)).items).toMatchObject([{ body: { text: "worth it" } }]);
});

test("who looks at a channel is told of its new topic", async () => {
  const seeds = await scene.addChannel("seeds");
  const room = await openRoom(seeds, bob.token);
  await expectAsked(ann, seeds, "PATCH", "", { introduction: "Only tomatoes" });
  expect(await room.next("conversation")).toMatchObject({
    conversation: { introduction: "Only tomatoes", role: "viewer" },
  });
});

test("what its space says of a channel is not changed in it", async () => {
  for (const change of [{ join_policy: "free" }, { discoverable: true }])
    expectProblem(await ask(ann, general, "PATCH", "", change), 403, "forbidden");
  const { text: token } = await makeServerKey(["conversations"]);
  const group = { kind: "group", history: "joined", leave: true };
  const members = { add: [{ ref: String(eve.user.id) }], remove: [String(bob.user.id)] };
  for (const [method, path, body] of [
    ["PUT", "", group],
    ["PATCH", "/members", members],
  ] as const)
    expectProblem(await call(method, conversationPath(general, path), { token, body }), 409, "conflict");
});

test("who is named as a private channel is made follows it", async () => {
  const board = await scene.addChannel("board", { visibility: "private", user_ids: [bob.user.id] });
  await expect.poll(async () => (await list(bob)).items.map(({ id }) => id)).toContain(board);
  const device = await openDevice(bob.token);
  await send(ann, board, "hello");
  expect(await device.next("message")).toMatchObject({ message: { conversation_id: board } });
});
