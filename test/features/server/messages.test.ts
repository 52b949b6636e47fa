import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type ConversationId, NOBODY } from "../../../src/domain/ids.ts";
import {
  conversationPath,
  freshConversationId,
  putGroup,
} from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  expectAsked,
  getConversation,
  list,
  listedConversation,
  openForSelf,
  page,
  send,
} from "../../support/clients/chat.ts";
import { StrictMessage, StrictPage } from "../../support/clients/shapes.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let token = "";
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));
beforeAll(async () => {
  token = (await makeServerKey(["conversations", "messages", "users"])).text;
  [ann, bob, eve] = await signedInUsers(3);
});

const post = (ref: number | string, body: object) =>
  call("POST", conversationPath(ref, "/messages"), { token, body });
const say = (text: string) => ({ kind: "text", body: { text } });
const notice = (text: string) => ({ as: null, kind: "system", body: { text } });

function sent(answer: Answer, expected = 201) {
  expect(answer.status, JSON.stringify(answer.body)).toBe(expected);
  return StrictMessage.parse(answer.body);
}

async function newGroup(): Promise<ConversationId> {
  return createGroupId(ann, bob);
}

test("a notice by nobody is shown to all members, and is unread to none", async () => {
  const id = await newGroup();
  const [room, device] = [await openRoom(id, bob.token), await openDevice(bob.token)];
  const body = { text: "the lesson begins", event: "lesson.began", data: { room: 4, body: [1] } };
  const { sender, ...message } = sent(await post(id, { as: null, kind: "system", body, metadata: { a: 1 } }));
  const nobody = { id: 0, username: "", nickname: "", avatar: "" };
  expect(sender).toEqual({ ...nobody, external_id: null });
  expect(message).toMatchObject({ seq: 1, kind: "system", body, silent: true });
  for (const socket of [room, device])
    expect(await socket.next("message")).toMatchObject({ message: { seq: 1, kind: "system", body } });
  room.close();
  device.close();
  expect((await page(bob, id)).items).toEqual([{ ...message, sender: nobody }]);
  await expect
    .poll(async () => await listedConversation(bob, id))
    .toMatchObject({ unread_count: 0, last_message: { kind: "system", body, sender: nobody } });
  // Its rules are those of system messages.
  for (const [method, path, input] of [
    ["PATCH", "/messages/1", { body: { text: "x" }, base_version: 1 }],
    ["PATCH", "/messages/1", { metadata: {} }],
    ["PUT", "/messages/1/reactions/:k:", undefined],
    ["PUT", "/messages/1/pin", undefined],
    ["DELETE", "/messages/1?for=everyone", undefined],
    ["POST", "/messages", { ...say("x"), thread: { root: 1 } }],
  ] as const)
    expect([400, 403], `${method} ${path}`).toContain((await ask(ann, id, method, path, input)).status);
  const quoting = await send(ann, id, { ...say("it does"), quote_seq: 1 });
  expect(quoting.quote).toMatchObject({ kind: "system", sender_id: NOBODY, preview: body.text });
  expect((await deleteMessage(bob, id, 1, "me")).status).toBe(204);
  await runJobs(id);
  await assertConsistent(id);
});

test("a notice in a direct conversation opens it for both, whoever blocks whom", async () => {
  const { id } = await openForSelf(eve, bob);
  expect((await list(bob)).items.map((item) => item.id)).not.toContain(id);
  await call("PUT", `/v1/blocks/${eve.user.id}`, { token: bob.token });
  sent(await post(id, notice("your booking")));
  for (const who of [eve, bob])
    await expect.poll(async () => (await list(who)).items.map((item) => item.id)).toContain(id);
  expect(await getConversation(bob, id)).toMatchObject({ unread_count: 0, last_seq: 1 });
  await call("DELETE", `/v1/blocks/${eve.user.id}`, { token: bob.token });
});

test("the same client_msg_id sends once, twenty times at once too, by nobody and as a user", async () => {
  const id = await newGroup();
  for (const message of [notice("once"), { as: ann.user.id, ...say("once") }]) {
    const body = { ...message, client_msg_id: "the same" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(id, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body: one }) => JSON.stringify(one))).size).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
  }
  expect((await page(ann, id)).items).toHaveLength(2);
});

test("who sends as a user sends with their rights", async () => {
  const ext = freshConversationId();
  const [poster, away, gone] = [freshExternalId(), freshExternalId(), freshExternalId()];
  const owner = ann.user.id;
  const { id } = await putGroup(token, ext, {
    owner,
    members: [`ext:${poster}`, `ext:${away}`, bob.user.id],
  });
  const user = await putUser(token, poster, { nickname: "Ben" }, 200);
  const message = sent(await post(ext, { as: `ext:${poster}`, ...say("hello"), metadata: { a: 1 } }));
  expect(message).toMatchObject({ sender: { id: user.id, nickname: "Ben" }, metadata: { a: 1 } });
  expect(await getConversation(bob, id)).toMatchObject({ unread_count: 1 });
  expect((await ask(ann, id, "PATCH", `/members/${user.id}`, { muted_for_s: 60 })).status).toBe(200);
  const muted = await post(ext, { as: `ext:${poster}`, ...say("muted") });
  expect(muted).toMatchObject({ status: 403, body: { code: "muted", muted_until: expect.any(Number) } });
  expectProblem(await post(ext, { as: eve.user.id, ...say("outside") }), 404, "not_found");
  expect((await call("PUT", userPath(away, "/suspension"), { token })).status).toBe(204);
  expectProblem(await post(ext, { as: `ext:${away}`, ...say("suspended") }), 403, "suspended");
  const { id: deleted } = await putUser(token, gone);
  await call("DELETE", userPath(gone), { token });
  for (const as of [deleted, `ext:${gone}`, 999_999_999])
    expectProblem(await post(ext, { as, ...say("nobody") }), 404, "not_found");
  await expectAsked(ann, id, "DELETE", "");
  expectProblem(await post(ext, notice("late")), 409, "conflict");
  expectProblem(await post(ext, { as: ann.user.id, ...say("late") }), 404, "not_found");
});

test("what is no message is refused, and changes nothing", async () => {
  const id = await newGroup();
  const silent = { as: ann.user.id, ...say("x"), silent: true };
  for (const [wrong, at] of [
    [{ kind: "system", body: { text: "x" } }, "body.as"],
    [{ ...notice("x"), as: ann.user.id }, "body.as"],
    [{ as: null, ...say("x") }, "body.as"],
    [say("x"), "body.as"],
    [{ as: "ann", ...say("x") }, "body.as"],
    [{ as: ann.user.id, kind: "tip", body: {} }, "body.kind"],
    [{ as: null, kind: "system", body: {} }, "body.body.text"],
    [{ as: null, kind: "system", body: { text: "x".repeat(8_001) } }, "body.body.text"],
    [{ as: null, kind: "system", body: { text: "x", event: "" } }, "body.body.event"],
    [{ as: null, kind: "system", body: { text: "x", data: { x: "x".repeat(33_000) } } }, "body"],
    [{ ...notice("x"), metadata: { x: "x".repeat(4_096) } }, "body.metadata"],
    [{ ...silent, mentions: [bob.user.id] }, "body.silent"],
    [{ ...silent, thread: { root: 1 } }, "body.silent"],
  ] as const) {
    const refused = await post(id, wrong);
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"path":"${at}`);
  }
  expectProblem(await post(freshConversationId(), notice("x")), 404, "not_found");
  const { text: other } = await makeServerKey(["conversations", "users", "act"]);
  const answer = call("POST", conversationPath(id, "/messages"), { token: other, body: notice("x") });
  expectProblem(await answer, 403, "forbidden");
  expect((await page(ann, id)).items).toEqual([]);
});

test("a backend reads all messages of any conversation, with what members have hidden", async () => {
  const id = await newGroup();
  await send(ann, id, "one");
  await send(bob, id, { ...say("reply"), thread: { root: 1, also_in_main: false } });
  await send(ann, id, "three");
  await deleteMessage(ann, id, 1, "me");
  await deleteMessage(ann, id, 3, "everyone");
  const read = async (query = "") => {
    const { status, body } = await call("GET", conversationPath(id, `/messages${query}`), { token });
    expect(status, JSON.stringify(body)).toBe(200);
    return StrictPage.parse(body).items.map(({ seq, revoked }) => [seq, revoked]);
  };
  expect(await read()).toEqual([
    [1, false],
    [3, true],
  ]);
  expect(await read("?threads=all&after=1")).toEqual([
    [2, false],
    [3, true],
  ]);
  expect(await read("?before=3&limit=1")).toEqual([[1, false]]);
  const bounds = await call("GET", conversationPath(id, "/messages?before=3&after=1"), { token });
  expectProblem(bounds, 400, "validation_failed");
  await expectAsked(ann, id, "DELETE", "");
  expect(await read()).toHaveLength(2);
});

const Edited = z.looseObject({ items: z.array(z.looseObject({ seq: z.int(), revoked: z.boolean() })) });

test("a backend is told its own ids of senders", async () => {
  const externalId = freshExternalId();
  const { id: userId } = await putUser(token, externalId);
  const { id } = await createGroup(ann, [{ user: { id: userId } }]);
  await send(ann, id, "hello");
  const mine = sent(await post(id, { as: `ext:${externalId}`, ...say("hi") }));
  expect(mine.sender).toMatchObject({ id: userId, external_id: externalId });
  const { body } = await call("GET", conversationPath(id, "/messages"), { token });
  const senders = StrictPage.parse(body).items.map(({ sender }) => [sender.id, sender.external_id]);
  expect(senders).toEqual([
    [ann.user.id, null],
    [userId, externalId],
  ]);
  // People are not.
  expect(JSON.stringify(await page(ann, id))).not.toContain(externalId);
});

test("a silent message is a message else: it is edited, revoked, found and paged as any", async () => {
  const id = await newGroup();
  await send(ann, id, "loud");
  const { seq } = sent(await post(id, { as: ann.user.id, ...say("silently said"), silent: true }));
  expect((await page(bob, id)).items.at(-1)).toMatchObject({ seq, silent: true, kind: "text" });
  expect(await getConversation(bob, id)).toMatchObject({ unread_count: 1, last_message: { silent: true } });
  const found = await expectAsked(bob, id, "GET", "/messages/search?q=silently");
  expect(Edited.parse(found.body).items).toMatchObject([{ seq }]);
  expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
  expect(await getConversation(bob, id)).toMatchObject({ unread_count: 1 });
  // Marked unread from the first message on, the revoked silent one counts neither.
  await expectAsked(bob, id, "PUT", "/read", { seq: 2 });
  const { body } = await expectAsked(bob, id, "PUT", "/read", { seq: 1, unread: true });
  expect(body).toMatchObject({ unread_count: 1 });
  await runJobs(id);
  await assertConsistent(id);
});
