import { beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getMessage,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { conflictOf, edit, edits, patch } from "../../support/clients/edits.ts";
import { createGroupId, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

const FILE = { url: "https://elsewhere.test/a.png", name: "a.png", size: 7 };
const MERGED = (seq: number) => ({ title: "t", items: [{ conversation_id: id, seq }] });
const LOCATION = { latitude: 1, longitude: 2 };
const FACE = { index: "1", data: "x" };
const POLL = {
  ...{ question: "Tea?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
};
const CUSTOM = { data: "d", description: "an offer", extension: "e" };

test("an edit gives a text its new words, a version and a time", async () => {
  const sent = await send(ann, id, "helo");
  expect(sent).toMatchObject({ version: 1, rev: 0 });
  expect(sent).not.toHaveProperty("edited_at");
  const edited = await edit(ann, id, 1, { body: "hello" });
  expect(edited).toMatchObject({ seq: 1, body: { text: "hello" }, version: 2, rev: 1 });
  expect(edited.edited_at).toBeGreaterThanOrEqual(sent.created_at);
  expect(edited.created_at).toBe(sent.created_at);
  expect(await getMessage(bob, id, 1)).toEqual(edited);
  expect((await page(bob, id)).items).toEqual([edited]);
  expect((await edit(ann, id, 1, { body: "hello!", base_version: 2 })).version).toBe(3);
});

test("a file gets another name, and nothing else of it changes", async () => {
  await send(ann, id, { kind: "image", body: FILE });
  const edited = await edit(ann, id, 1, { body: { ...FILE, name: "b.png" } });
  expect(edited.body).toEqual({ ...FILE, name: "b.png" });
  for (const change of [{ url: "https://elsewhere.test/b.png" }, { size: 8 }, { width: 1 }]) {
    const answer = await patch(ann, id, 1, { body: { ...edited.body, ...change }, base_version: 2 });
    expectProblem(answer, 400, "validation_failed");
  }
  const { size: _, ...smaller } = FILE;
  expectProblem(await patch(ann, id, 1, { body: smaller, base_version: 2 }), 400, "validation_failed");
  const { name: __, ...nameless } = FILE;
  expect((await edit(ann, id, 1, { body: nameless, base_version: 2 })).body).toEqual(nameless);
});

test("all of a custom body may change", async () => {
  await send(ann, id, { kind: "custom", body: CUSTOM });
  const body = { data: "x", description: "another", extension: "" };
  expect((await edit(ann, id, 1, { body })).body).toEqual(body);
});

test("an edit of another version than today's is a conflict, which has the message as it is", async () => {
  await send(ann, id, "one");
  const two = await edit(ann, id, 1, { body: "two" });
  expect(conflictOf(await patch(ann, id, 1, { body: "three" }))).toEqual(two);
  expect(conflictOf(await patch(ann, id, 1, { body: "three", base_version: 3 }))).toEqual(two);
  expect(await getMessage(ann, id, 1)).toEqual(two);
});

test("the same content again changes nothing, whatever the version", async () => {
  await send(ann, id, { kind: "text", body: { text: "hi" }, mentions: [bob.user.id] });
  const edited = await edit(ann, id, 1, { body: "hello" });
  for (const base_version of [1, 2]) {
    expect(await edit(ann, id, 1, { body: "hello", base_version })).toEqual(edited);
    const mentions = [bob.user.id];
    expect(await edit(ann, id, 1, { body: "hello", mentions, base_version })).toEqual(edited);
  }
  expect(await edits(ann, id, 1)).toHaveLength(1);
});

test("the newest twenty former versions are kept, newest first", async () => {
  const sent = await send(ann, id, { kind: "text", body: { text: "text 1" }, mentions: [bob.user.id] });
  const second = await edit(ann, id, 1, { body: "text 2", mentions: [] });
  expect(await edits(bob, id, 1)).toEqual([
    { version: 1, body: { text: "text 1" }, mentions: [bob.user.id], edited_at: sent.created_at },
  ]);
  await edit(ann, id, 1, { body: "text 3", base_version: 2 });
  expect((await edits(bob, id, 1))[0]).toEqual({
    ...{ version: 2, body: { text: "text 2" }, mentions: [], edited_at: second.edited_at },
  });
  for (const version of range(3, 22)) {
    await edit(ann, id, 1, { body: `text ${version + 1}`, base_version: version });
  }
  const kept = await edits(bob, id, 1);
  expect(kept.map(({ version }) => version)).toEqual(range(3, 22).reverse());
  expect(kept[0]?.body).toEqual({ text: "text 22" });
});

test("a message that was never edited has no former versions", async () => {
  await send(ann, id, "hello");
  expect(await edits(bob, id, 1)).toEqual([]);
});

test("a revoke empties the history and takes the time of the edit", async () => {
  await send(ann, id, "secret");
  await edit(ann, id, 1, { body: "edited" });
  expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204);
  expect(await edits(bob, id, 1)).toEqual([]);
  const revoked = await getMessage(bob, id, 1);
  expect(revoked).toMatchObject({ revoked: true, body: {} });
  expect(revoked).not.toHaveProperty("edited_at");
  expectProblem(await patch(ann, id, 1, { body: "again", base_version: 2 }), 400, "validation_failed");
});

test("lists show the new text, also to who has hidden the messages after it", async () => {
  await send(ann, id, "one");
  await edit(ann, id, 1, { body: "uno" });
  expect((await listedConversation(ann, id)).last_message).toMatchObject({
    ...{ body: { text: "uno" }, version: 2, rev: 1 },
  });
  await expect
    .poll(async () => (await listedConversation(bob, id)).last_message?.body)
    .toEqual({ text: "uno" });
  await send(ann, id, "two");
  expect((await deleteMessage(bob, id, 2, "me")).status).toBe(204);
  const before = await listedConversation(bob, id);
  await edit(ann, id, 1, { body: "eins", base_version: 2 });
  await expect
    .poll(async () => (await listedConversation(bob, id)).last_message?.body)
    .toEqual({ text: "eins" });
  const { unread_count, updated_at, read_seq } = before;
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count, updated_at, read_seq });
});

test("quotes show the new text; forwards and merged copies stay as they were", async () => {
  await send(ann, id, "one");
  await send(bob, id, { kind: "text", body: { text: "to that" }, quote_seq: 1 });
  const source = { conversation_id: id, seq: 1 };
  await send(bob, id, { forward: source });
  await send(bob, id, { kind: "merged", body: { title: "t", items: [source] } });
  await edit(ann, id, 1, { body: "uno" });
  const [, quoting, forward, merged] = (await page(bob, id)).items;
  expect(quoting?.quote?.preview).toBe("uno");
  expect(forward).toMatchObject({ body: { text: "one" }, version: 1, rev: 0 });
  expect(merged?.body).toMatchObject({ items: [{ body: { text: "one" } }] });
});

describe("refused", () => {
  test("is an edit of another's message, also by the owner", async () => {
    await send(bob, id, "mine");
    expectProblem(await patch(ann, id, 1, { body: "yours" }), 403, "forbidden");
  });

  const MESSAGES: [what: string, make: (of: number) => Promise<unknown>, ownBody: object][] = [
    ["a forward", (of) => send(ann, id, { forward: { conversation_id: id, seq: of } }), { text: "one" }],
    ["a merged message", (of) => send(ann, id, { kind: "merged", body: MERGED(of) }), MERGED(1)],
    ["a location", () => send(ann, id, { kind: "location", body: LOCATION }), LOCATION],
    ["a face", () => send(ann, id, { kind: "face", body: FACE }), FACE],
    ["a poll", () => send(ann, id, { kind: "poll", body: POLL }), POLL],
    ["a notice", () => expectAsked(ann, id, "PATCH", "", { announcement: "news" }), { event: "profile" }],
    [
      "a revoked message",
      async () => {
        await send(ann, id, "two");
        await deleteMessage(ann, id, 2, "everyone");
      },
      {},
    ],
  ];

  test.each(MESSAGES)("is %s, whatever body comes", async (_, make, ownBody) => {
    await send(ann, id, "one");
    await make(1);
    const before = await getMessage(ann, id, 2);
    for (const body of ["x", ownBody, { text: { of: ["anything"] } }]) {
      const answer = await patch(ann, id, 2, { body });
      expectProblem(answer, 400, "validation_failed");
      expect(answer.body).toMatchObject({ errors: [{ path: "path.seq" }] });
    }
    expect(await getMessage(ann, id, 2)).toEqual(before);
  });

  test.each([
    ["image", FILE],
    ["audio", FILE],
    ["video", FILE],
    ["file", FILE],
    ["custom", CUSTOM],
  ])("is a text for a message of the kind %s", async (kind, body) => {
    const sent = await send(ann, id, { kind, body });
    const answer = await patch(ann, id, 1, { body: "x" });
    expectProblem(answer, 400, "validation_failed");
    expect(JSON.stringify(answer.body)).toContain('"path":"body.body.');
    expect(await getMessage(ann, id, 1)).toEqual(sent);
  });

  test.each([
    ["no body", { base_version: 1 }],
    ["no version", { body: { text: "x" } }],
    ["version 0", { body: { text: "x" }, base_version: 0 }],
    ["no text", { body: {}, base_version: 1 }],
    ["a long text", { body: { text: "x".repeat(8_001) }, base_version: 1 }],
    ["a body over 32 KiB", { body: { text: "\u0001".repeat(8_000) }, base_version: 1 }],
    ["too many mentions", { body: { text: "x" }, base_version: 1, mentions: range(1, 101) }],
    ["a nested body", { body: { text: { text: "x" } }, base_version: 1 }],
  ])("is %s", async (_, body) => {
    const sent = await send(ann, id, "one");
    expectProblem(await ask(ann, id, "PATCH", "/messages/1", body), 400, "validation_failed");
    expect(await getMessage(ann, id, 1)).toEqual(sent);
  });

  test("is who cannot see the message", async () => {
    await send(ann, id, "one");
    await send(ann, id, "two");
    const [carl] = await registerUsers(1);
    expectProblem(await patch(carl, id, 1, { body: "x" }), 404, "not_found");
    expectProblem(await ask(carl, id, "GET", "/messages/1/edits"), 404, "not_found");
    expectProblem(await patch(ann, id, 3, { body: "x" }), 404, "not_found");
    expect((await deleteMessage(ann, id, 2, "me")).status).toBe(204);
    expectProblem(await patch(ann, id, 2, { body: "x" }), 404, "not_found");
    expectProblem(await ask(ann, id, "GET", "/messages/2/edits"), 404, "not_found");
  });
});
