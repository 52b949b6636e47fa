import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId, itemAt, loseConversation, postText, range } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";

const THUMB = "👍";
const HEART = "❤";

let ann: SignedIn;
let bob: SignedIn;
let carl: SignedIn;
let id: ConversationId;
let seq: number;

beforeAll(() => setNoRateLimits());

beforeEach(async () => {
  [ann, bob, carl] = await signedInUsers(3);
  id = await createGroupId(ann, bob, carl);
  seq = await postText(id, ann, "hello");
});

const pathOf = (key: string, at = seq) => `/messages/${at}/reactions/${encodeURIComponent(key)}`;
const react = (who: SignedIn, key: string, at?: number) => ask(who, id, "PUT", pathOf(key, at));
const unreact = (who: SignedIn, key: string, at?: number) => ask(who, id, "DELETE", pathOf(key, at));
const reactors = (who: SignedIn, key: string, query = "") => ask(who, id, "GET", `${pathOf(key)}${query}`);

/** A reaction as messages show it. */
const shown = (key: string, count: number, ...users: SignedIn[]) => ({
  key,
  count,
  user_ids: users.map(({ user }) => user.id),
});

function expectState(answer: Answer, reactions: unknown[], mine: string[]): void {
  expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { reactions, mine } });
}

const Reactors = z.object({
  items: z.array(z.object({ user: z.object({ id: z.int() }), created_at: z.int() })),
  next_cursor: z.string().nullable(),
});

/** The users of a key, over all pages of one. */
async function allReactors(who: SignedIn, key: string): Promise<number[]> {
  const found: number[] = [];
  let cursor = "";
  do {
    const { items, next_cursor } = Reactors.parse((await reactors(who, key, `?limit=1${cursor}`)).body);
    found.push(...items.map(({ user }) => user.id));
    cursor = next_cursor === null ? "" : `&cursor=${next_cursor}`;
  } while (cursor !== "");
  return found;
}

test("users react to a message, once each with a key, and take it back", async () => {
  expect(await getMessage(bob, id, seq)).toMatchObject({ reactions: [], mine: [], rev: 0 });
  expectState(await react(bob, THUMB), [shown(THUMB, 1, bob)], [THUMB]);
  expectState(await react(carl, HEART), [shown(THUMB, 1, bob), shown(HEART, 1, carl)], [HEART]);
  const all = [shown(THUMB, 2, bob, ann), shown(HEART, 1, carl)];
  expectState(await react(ann, THUMB), all, [THUMB]);
  expect(await getMessage(carl, id, seq)).toMatchObject({ reactions: all, mine: [HEART], rev: 3 });
  // A repeat changes nothing, nor does the removal of what is not there.
  expectState(await react(ann, THUMB), all, [THUMB]);
  expectState(await unreact(bob, HEART), all, [THUMB]);
  expect(await getMessage(bob, id, seq)).toMatchObject({ rev: 3, mine: [THUMB] });
  expectState(await unreact(carl, HEART), [shown(THUMB, 2, bob, ann)], []);
  expectState(await unreact(bob, THUMB), [shown(THUMB, 1, ann)], []);
  expectState(await unreact(ann, THUMB), [], []);
  expect(await getMessage(ann, id, seq)).toMatchObject({ reactions: [], mine: [], rev: 6 });
});

test("one emoji is one key, whatever its variation selectors", async () => {
  expectState(await react(bob, "❤️"), [shown(HEART, 1, bob)], [HEART]);
  expectState(await react(carl, HEART), [shown(HEART, 2, bob, carl)], [HEART]);
  expectState(await react(carl, "1️⃣"), [shown(HEART, 2, bob, carl), shown("1⃣", 1, carl)], [HEART, "1⃣"]);
  expectState(await unreact(bob, "❤︎"), [shown(HEART, 1, carl), shown("1⃣", 1, carl)], []);
  expect(await allReactors(ann, "❤️")).toEqual([carl.user.id]);
});

test.each(["a", "1", "👍👍", ":UPPER:", "%F0%9F", "%FF"])("%s is no key", async (key) => {
  const path = `/messages/${seq}/reactions/${key.startsWith("%") ? key : encodeURIComponent(key)}`;
  for (const method of ["PUT", "DELETE", "GET"])
    expectProblem(await ask(bob, id, method, path), 400, "validation_failed");
});

test("a message names the first three users of a key, and the next one when one of them goes", async () => {
  const [dora] = await signedInUsers(1);
  await expectAsked(ann, id, "POST", "/members", { user_ids: [dora.user.id] });
  seq = await postText(id, ann, "for all");
  for (const who of [bob, carl, dora, ann]) await react(who, THUMB);
  expect((await getMessage(ann, id, seq)).reactions).toEqual([shown(THUMB, 4, bob, carl, dora)]);
  expect(await allReactors(ann, THUMB)).toEqual([bob, carl, dora, ann].map(({ user }) => user.id));
  expectState(await unreact(carl, THUMB), [shown(THUMB, 3, bob, dora, ann)], []);
  // Who comes back is last.
  expectState(await react(carl, THUMB), [shown(THUMB, 4, bob, dora, ann)], [THUMB]);
  expect(await allReactors(bob, THUMB)).toEqual([bob, dora, ann, carl].map(({ user }) => user.id));
});

test("a message takes 20 keys, and any number of users who join one", async () => {
  for (const i of range(1, 20)) await react(i % 2 ? ann : bob, `:key${i}:`);
  expectProblem(await react(carl, ":key21:"), 409, "conflict");
  expect((await react(carl, ":key1:")).status).toBe(200);
  expect((await unreact(bob, ":key2:")).status).toBe(200);
  expect((await react(carl, ":key21:")).status).toBe(200);
  expect((await getMessage(carl, id, seq)).mine).toEqual([":key1:", ":key21:"]);
});

test("one user begins 10 keys of a message at most, and leaves the others to the other users", async () => {
  for (const i of range(1, 10)) expect((await react(bob, `:bob${i}:`)).status).toBe(200);
  expectProblem(await react(bob, ":bob11:"), 409, "conflict");
  expect((await react(bob, ":bob1:")).status).toBe(200);
  expect((await react(ann, ":ann:")).status).toBe(200);
  expect((await react(bob, ":ann:")).status).toBe(200);
  expectProblem(await react(bob, ":bob11:"), 409, "conflict");
  expect((await unreact(bob, ":bob1:")).status).toBe(200);
  expect((await react(bob, ":bob11:")).status).toBe(200);
});

test("a user has 20 reactions to a message at most", async () => {
  for (const i of range(1, 20)) await react(i % 2 ? ann : carl, `:key${i}:`);
  for (const i of range(1, 20)) expect((await react(bob, `:key${i}:`)).status).toBe(200);
  expectProblem(await react(bob, ":key21:"), 409, "conflict");
  expect((await react(bob, ":key20:")).status).toBe(200);
});

test("a revoke takes the reactions, and a revoked message or a notice takes none", async () => {
  await react(bob, THUMB);
  await react(ann, HEART);
  expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
  expect(await getMessage(bob, id, seq)).toMatchObject({ revoked: true, reactions: [], mine: [] });
  expect(await storedInConversation(id)).toContain('"reactions":[]');
  for (const answer of [await react(carl, THUMB), await unreact(bob, THUMB)])
    expectProblem(answer, 400, "validation_failed");
  expect((await reactors(carl, THUMB)).body).toEqual({ items: [], next_cursor: null });
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  const tip = itemAt((await page(ann, id)).items, 1);
  expect(tip.kind).toBe("tip");
  expectProblem(await react(bob, THUMB, tip.seq), 400, "validation_failed");
});

test("who may not write may not react, nor take back", async () => {
  await react(bob, THUMB);
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 600 });
  for (const answer of [await react(bob, HEART), await unreact(bob, THUMB)]) {
    expect(answer).toMatchObject({ status: 403, body: { code: "muted", muted_until: expect.any(Number) } });
  }
  const direct = await openDirect(ann, bob);
  const { seq: at } = await send(ann, direct.id, "hi");
  const path = `/messages/${at}/reactions/:yes:`;
  await expectAsked(bob, direct.id, "PUT", path);
  expect((await call("PUT", `/v1/blocks/${ann.user.id}`, { token: bob.token })).status).toBe(204);
  for (const who of [ann, bob])
    for (const method of ["PUT", "DELETE"])
      expectProblem(await ask(who, direct.id, method, path), 403, "blocked");
  expect((await getMessage(ann, direct.id, at)).reactions).toEqual([shown(":yes:", 1, bob)]);
});

test("who left, or joined later, or has hidden the message, neither reacts nor learns of reactions", async () => {
  const [late] = await signedInUsers(1);
  await expectAsked(ann, id, "POST", "/members", { user_ids: [late.user.id] });
  await react(carl, THUMB);
  expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
  await expectAsked(carl, id, "POST", "/leave");
  for (const who of [late, bob, carl])
    for (const answer of [await react(who, THUMB), await unreact(who, THUMB), await reactors(who, THUMB)])
      expectProblem(answer, 404, "not_found");
  const { body } = await ask(late, id, "GET", "/changes");
  expect(body).toMatchObject({ items: [] });
  // The reaction of a member who left stays.
  expect((await getMessage(ann, id, seq)).reactions).toEqual([shown(THUMB, 1, carl)]);
  expect(await allReactors(ann, THUMB)).toEqual([carl.user.id]);
});

test("copies of a message have no reactions", async () => {
  await react(bob, THUMB);
  const forwarded = await send(ann, id, { forward: { conversation_id: id, seq } });
  expect(forwarded).toMatchObject({ reactions: [], mine: [] });
  const body = { title: "both", items: [{ conversation_id: id, seq }] };
  const merged = await send(ann, id, { kind: "merged", body });
  expect(JSON.stringify(merged.body)).not.toContain(THUMB);
});

test("a reaction makes nothing unread, moves no list, and is not part of a list", async () => {
  await ask(bob, id, "PUT", "/read", { seq });
  const before = await listedConversation(bob, id);
  await react(ann, THUMB);
  await react(bob, THUMB);
  const after = await listedConversation(bob, id);
  expect(after).toEqual(before);
  for (const { last_message } of [after, await getConversation(bob, id)]) {
    expect(last_message).toMatchObject({ seq });
    expect(last_message).not.toHaveProperty("reactions");
    expect(last_message).not.toHaveProperty("mine");
  }
});

test("reactions are in every answer with messages", async () => {
  await react(bob, THUMB);
  const reactions = [shown(THUMB, 1, bob)];
  for (const [who, mine] of [
    [ann, []],
    [bob, [THUMB]],
  ] as const) {
    const expected = { seq, reactions, mine };
    expect((await page(who, id)).items.at(-1)).toMatchObject(expected);
    expect((await ask(who, id, "GET", "/messages/search?q=hello")).body).toMatchObject({ items: [expected] });
    expect((await ask(who, id, "GET", "/changes")).body).toMatchObject({ items: [expected] });
  }
  await loseConversation(id);
  expect(await getMessage(bob, id, seq)).toMatchObject({ reactions, mine: [THUMB] });
});

test("with an account its reactions go, also those to many messages", async () => {
  const gone = await register();
  await expectAsked(ann, id, "POST", "/members", { user_ids: [gone.user.id] });
  const seqs: number[] = [];
  for (const i of range(1, 120)) seqs.push(await postText(id, ann, `text ${i}`));
  await Promise.all(seqs.map((at) => react(gone, THUMB, at)));
  const first = itemAt(seqs, 0);
  await react(gone, HEART, first);
  await react(bob, THUMB, first);
  expect((await deleteAccount(gone)).status).toBe(204);
  await runAccountDeletion(gone);
  await eventually(async () => {
    const { items } = await page(bob, id, `?after=${first - 1}&limit=100`);
    expect(items.at(0)?.reactions).toEqual([shown(THUMB, 1, bob)]);
    expect(items.slice(1).flatMap(({ reactions }) => reactions)).toEqual([]);
    expect((await page(bob, id)).items.flatMap(({ reactions }) => reactions)).toEqual([]);
  });
  expect(await storedInConversation(id)).not.toContain(`"user_id":${gone.user.id},"seq":`);
});
