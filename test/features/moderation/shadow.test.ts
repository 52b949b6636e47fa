import { evictDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  allReadable,
  ask,
  createGroup,
  expectAsked,
  getConversation,
  getMessage,
  list,
  listedConversation,
  openForSelf,
  page,
  send,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, replies, reply } from "../../support/clients/threads.ts";
import { advanceClock } from "../../support/clock.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject, range } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { v1 } from "../../surfaces/v1/driver.ts";
import { auditOf } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let group: number;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate", "data"])).text;
});

beforeEach(async () => {
  [ann, bob, cid] = await signedInUsers(3);
  group = (await createGroup(ann, [bob, cid])).id;
});

afterAll(async () => {
  await send(bob, group, "other files know of no shadow");
});

const path = ({ user }: SignedIn) => `/v1/moderation/users/${user.id}/suspension`;
const shadow = (who: SignedIn, fields = {}): Promise<Answer> =>
  call("PUT", path(who), { token: key, body: { shadow: true, reason: "spam", ...fields } });
const lift = (who: SignedIn): Promise<Answer> => call("DELETE", path(who), { token: key });
const seqs = async (who: SignedIn, id = group) => (await page(who, id)).items.map(({ seq }) => seq);
const unread = async (who: SignedIn, id = group) => (await listedConversation(who, id)).unread_count;
const Found = z.object({ items: z.array(z.looseObject({ seq: z.int() })) });

async function shadowed(who: SignedIn): Promise<void> {
  expect((await shadow(who)).status).toBe(204);
}

async function lifted(who: SignedIn): Promise<void> {
  expect((await lift(who)).status).toBe(204);
}

test("a user in the shadow sends as always, and nobody else sees it", async () => {
  await send(ann, group, "first");
  await send(bob, group, "second");
  await shadowed(ann);
  const before = await listedConversation(bob, group);
  const [device, room, own] = [
    await openDevice(bob.token),
    await openRoom(group, bob.token),
    await openDevice(ann.token),
  ];
  const sent = await send(ann, group, "buy pills @all");
  expect(sent).toMatchObject({ seq: 3, body: { text: "buy pills @all" } });
  await own.until(() => JSON.stringify(own.frames).includes("buy pills"));
  own.send({
    ...{ type: "send", conversation_id: group, client_msg_id: "a" },
    ...{ kind: "text", body: { text: "buy more pills" }, mentions: "all" },
  });
  expect(await own.next("ack")).toMatchObject({ client_msg_id: "a", seq: 4 });

  expect(await seqs(ann)).toEqual([1, 2, 3, 4]);
  expect(await listedConversation(ann, group)).toMatchObject({ last_message: { seq: 4 } });
  for (const who of [bob, cid]) expect(await seqs(who)).toEqual([1, 2]);
  const after = await listedConversation(bob, group);
  expect([after.last_message, after.unread_count, after.updated_at]).toEqual([
    before.last_message,
    before.unread_count,
    before.updated_at,
  ]);
  expectProblem(await ask(bob, group, "GET", "/messages/3"), 404, "not_found");
  expectProblem(await ask(bob, group, "POST", "/messages", { ...aside(3) }), 404, "not_found");
  expectProblem(await ask(cid, group, "DELETE", "/messages/3?for=everyone"), 404, "not_found");
  for (const [who, count] of [
    [ann, 2],
    [bob, 0],
  ] as const) {
    const found = await ask(who, group, "GET", "/messages/search?q=pills");
    expect(Found.parse(found.body).items).toHaveLength(count);
  }

  await send(cid, group, "third");
  await device.until(() => JSON.stringify(device.frames).includes("third"));
  await room.until(() => JSON.stringify(room.frames).includes("third"));
  for (const socket of [device, room]) expect(JSON.stringify(socket.frames)).not.toContain("pills");
  expect(await unread(bob)).toBe(1);
  expect(await unread(ann)).toBe(1);
  await evictDurableObject(conversationObject(ConversationId.parse(group)));
  await evictDurableObject(inboxObject(bob.user.id));
  expect([await seqs(ann), await seqs(bob)]).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2, 5],
  ]);
  for (const socket of [device, room, own]) socket.close();
});

test("hooks and exports know nothing of it, and nobody is shown that the user is typing", async () => {
  const hooks = (await makeServerKey(["hooks"])).text;
  const receiver = await HookReceiver.start(hooks, { events: ["*"], conversations: [group] });
  const device = await openDevice(bob.token);
  const own = await openDevice(ann.token);
  await shadowed(ann);
  const { seq } = await send(ann, group, "pills");
  await expectAsked(ann, group, "DELETE", `/messages/${seq}?for=everyone`);
  own.send({ type: "typing", conversation_id: group });
  await send(ann, group, "more pills");
  await send(bob, group, "heard");
  const told = JSON.stringify(await receiver.until(1));
  expect(told).toContain("heard");
  expect(told).not.toContain("pills");
  await device.until(() => JSON.stringify(device.frames).includes("heard"));
  expect(device.of("typing")).toEqual([]);
  const exported = await conversationObject(ConversationId.parse(group)).exportPage({});
  expect(JSON.stringify(exported)).toContain("heard");
  expect(JSON.stringify(exported)).not.toContain("pills");
  for (const socket of [device, own]) socket.close();
});

test("staff sees what a user says in the shadow, and the user does not learn of it", async () => {
  await shadowed(ann);
  const { seq } = await send(ann, group, "pills");
  const url = `/v1/moderation/conversations/${group}/messages`;
  const seen = await call("GET", url, { token: key, headers: { "Parley-Reason": "a look" } });
  expect(Found.parse(seen.body).items.map((item) => item.seq)).toEqual([seq]);
  const user = await call("GET", `/v1/moderation/users/${ann.user.id}`, { token: key });
  expect(user.body).toMatchObject({
    user: { state: "active", suspension: { shadow: true, until: null, reason: "spam" } },
  });
  const own = [
    await call("GET", "/v1/me", { token: ann.token }),
    await call("GET", "/v1/sessions", { token: ann.token }),
    await ask(ann, group, "GET", `/messages/${seq}`),
  ];
  expect(own.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(JSON.stringify(own)).not.toMatch(/shadow|spam/);
  expect(await auditOf(key)).toContainEqual(
    expect.objectContaining({ action: "user_suspended", of: { user_id: ann.user.id }, reason: "spam" }),
  );
});

test("what was said in the shadow stays there, and what comes after it is seen", async () => {
  await shadowed(ann);
  await send(ann, group, "unheard");
  await lifted(ann);
  const [room, device] = [await openRoom(group, bob.token), await openDevice(bob.token)];
  await send(ann, group, { kind: "text", body: { text: "heard" }, quote_seq: 1 });
  for (const seq of [1, 2]) await expectAsked(ann, group, "PUT", `/messages/${seq}/reactions/:k:`);
  await room.next("changed");
  for (const socket of [room, device]) {
    await socket.until(() => JSON.stringify(socket.frames).includes('"heard"'));
    expect(JSON.stringify(socket.frames)).not.toContain("unheard");
    socket.close();
  }
  expect(await allReadable(bob, group)).not.toContain("unheard");
  expect(await allReadable(ann, group)).toContain('"preview":"unheard"');
  expect([await seqs(ann), await seqs(bob)]).toEqual([[1, 2], [2]]);
  expect(await unread(bob)).toBe(1);
  // A suspension replaces a shadow, and the other way round.
  await shadowed(ann);
  expect((await call("PUT", path(ann), { token: key, body: { reason: "worse" } })).status).toBe(204);
  expectProblem(await call("GET", "/v1/me", { token: ann.token }), 401, "unauthenticated");
});

test("a shadow ends by itself", async () => {
  expectProblem(await shadow(ann, { until: 1 }), 400, "validation_failed");
  expect((await shadow(ann, { until: Date.now() + 60_000 })).status).toBe(204);
  await send(ann, group, "unheard");
  advanceClock(60_001);
  await send(ann, group, "heard");
  expect(await seqs(bob)).toEqual([2]);
});

test("replies, mentions and marks in the shadow reach nobody", async () => {
  const root = await send(bob, group, "a question");
  await send(ann, group, "seen before");
  await shadowed(ann);
  const aloud = await send(ann, group, reply(root.seq, "also in main"));
  const apart = await send(ann, group, { ...aside(root.seq), mentions: [bob.user.id] });
  expect((await replies(ann, group, root.seq)).items.map(({ seq }) => seq)).toEqual([aloud.seq, apart.seq]);
  expect((await replies(bob, group, root.seq)).items).toEqual([]);
  expect(await getMessage(bob, group, root.seq)).not.toHaveProperty("thread_summary");
  expect(await getConversation(bob, group)).toMatchObject({ threads_unread: 0 });
  await send(cid, group, aside(root.seq, "heard"));
  expect(await getConversation(bob, group)).toMatchObject({ threads_unread: 1 });
  expect((await replies(bob, group, root.seq)).items).toHaveLength(1);
  await expectAsked(ann, group, "PUT", `/messages/${aloud.seq}/reactions/👍`);
  await expectAsked(ann, group, "DELETE", `/messages/${apart.seq}?for=everyone`);
  const room = await openRoom(group, bob.token, "?rev=0&threads=all");
  await send(cid, group, "the end");
  await room.until(() => JSON.stringify(room.frames).includes("the end"));
  expect(JSON.stringify(room.frames)).not.toMatch(new RegExp(`"seq":(${aloud.seq}|${apart.seq})\\b`));
  room.close();
  // An edit would be seen where the message is.
  const edit = (seq: number) =>
    ask(ann, group, "PATCH", `/messages/${seq}`, { body: { text: "pills" }, base_version: 1 });
  expectProblem(await edit(2), 403, "refused");
  expect((await edit(aloud.seq)).status).toBe(200);
  expect(await seqs(bob)).not.toContain(aloud.seq);
});

test("nobody else learns of pins of hidden messages, nor finds less room for their own", async () => {
  const { id } = await openForSelf(ann, bob);
  const { seq } = await send(bob, id, "seen");
  await shadowed(ann);
  const hooks = (await makeServerKey(["hooks"])).text;
  const receiver = await HookReceiver.start(hooks, { events: ["*"], conversations: [id] });
  const room = await openRoom(id, bob.token);
  const { last_message } = await listedConversation(bob, id);
  const hidden = await Promise.all(range(1, LIMITS.pins).map(() => send(ann, id, "pills")));
  await Promise.all(hidden.map((one) => expectAsked(ann, id, "PUT", `/messages/${one.seq}/pin`)));
  expect(await listedConversation(bob, id)).toMatchObject({ last_message, unread_count: 0 });
  expectProblem(await ask(ann, id, "PUT", `/messages/${seq}/pin`), 403, "refused");
  await expectAsked(bob, id, "PUT", `/messages/${seq}/pin`);
  // The notice of it is the first thing that others hear.
  const notice = { body: { event: "pinned", seq } };
  expect((await receiver.until(1))[0]?.data.message).toMatchObject(notice);
  expect(await room.next("message")).toMatchObject({ message: notice });
  room.close();
});

test("nothing of a message that others see is changed from the shadow", async () => {
  const { seq } = await send(ann, group, "seen");
  const seen = await getMessage(bob, group, seq);
  await shadowed(ann);
  const edits: object[] = [{ metadata: { link: "pills" } }, { body: { text: "pills" }, base_version: 1 }];
  for (const body of edits)
    expectProblem(await ask(ann, group, "PATCH", `/messages/${seq}`, body), 403, "refused");
  const hidden = await send(ann, group, "unheard");
  for (const body of edits)
    expect((await ask(ann, group, "PATCH", `/messages/${hidden.seq}`, body)).status).toBe(200);
  expect(await getMessage(bob, group, seq)).toEqual(seen);
});

test("a conversation that begins in the shadow is in no other list", async () => {
  await shadowed(ann);
  const { id } = await openForSelf(ann, bob);
  await send(ann, id, "hello");
  expect((await list(ann)).items.map((item) => item.id)).toContain(id);
  expect((await list(bob)).items.map((item) => item.id)).not.toContain(id);
  expect((await openForSelf(bob, ann)).id).toBe(id);
  await send(bob, id, "hi");
  expect([await seqs(ann, id), await seqs(bob, id)]).toEqual([[1, 2], [2]]);
  expect(await unread(ann, id)).toBe(1);
});

test.each(DRIVERS.filter((driver) => driver.history))(
  "a shadow holds over $name",
  async ({ open, send: say = v1.send, history, unread: count, search }) => {
    const id = (await open?.(ann, bob)) ?? ConversationId.parse(group);
    await say?.(ann, id, "one apple");
    await say?.(bob, id, "two apples");
    const before = await count?.(bob, id);
    await shadowed(ann);
    await say?.(ann, id, "three apples");
    const textsOf = async (who: SignedIn) => (await history?.(who, id))?.map(({ text }) => text);
    expect(await textsOf(ann)).toEqual(["one apple", "two apples", "three apples"]);
    expect(await textsOf(bob)).toEqual(["one apple", "two apples"]);
    expect(await count?.(bob, id)).toBe(before);
    if (search) {
      expect(await search(ann, id, "apples")).toHaveLength(2);
      expect(await search(bob, id, "apples")).toHaveLength(1);
    }
    await say?.(bob, id, "four apples");
    expect(await textsOf(ann)).toEqual(["one apple", "two apples", "three apples", "four apples"]);
    expect(await textsOf(bob)).toEqual(["one apple", "two apples", "four apples"]);
  },
);
