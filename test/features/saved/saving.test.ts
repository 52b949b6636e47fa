import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, openDirect, send, sendAll } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { Patience } from "../../support/faults/patience.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { inboxObject, itemAt } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { askToSave, save, saved, savedPlaces, unsave } from "./client.ts";

// A list that is not up to date yet is asked for again and again.
beforeAll(() => setNoRateLimits());

const users = () => signedInUsers(3);

const removeMember = (owner: SignedIn, id: number, { user }: SignedIn) =>
  ask(owner, id, "DELETE", `/members/${user.id}`);
const addMember = (owner: SignedIn, id: number, { user }: SignedIn) =>
  ask(owner, id, "POST", "/members", { user_ids: [user.id] });

test("saved messages are listed newest first, each once over all pages", async () => {
  const [ann, bob, cem] = await users();
  const group = await createGroup(ann, [bob, cem]);
  const direct = await openDirect(ann, bob);
  await sendAll(bob, group.id, ["1", "2", "3"]);
  await sendAll(bob, direct.id, ["1", "2"]);
  expect((await saved(ann)).items).toEqual([]);
  const entry = await save(ann, group.id, 2, { note: "call Bob" });
  expect(entry).toMatchObject({
    ...{ conversation_id: group.id, seq: 2, note: "call Bob", remind_at: null },
    ...{ due: false, unreachable: false, message: { seq: 2, body: { text: "2" } } },
  });
  await save(ann, direct.id, 1);
  await save(ann, group.id, 1);
  await save(ann, direct.id, 2);
  const places = [
    [direct.id, 2],
    [group.id, 1],
    [direct.id, 1],
    [group.id, 2],
  ];
  for (const limit of [1, 2, 3, 100]) expect(await savedPlaces(ann, limit)).toEqual(places);
  const { items } = await saved(ann);
  expect(items.map(({ message }) => message?.body)).toEqual([
    { text: "2" },
    { text: "1" },
    { text: "1" },
    { text: "2" },
  ]);
  expect(items.at(-1)).toEqual(entry);
  // Nobody else learns of it.
  expect((await saved(bob)).items).toEqual([]);
  expect((await saved(cem)).items).toEqual([]);
});

test("a message is saved once: a repeat keeps its place, and what it leaves out", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await sendAll(bob, id, ["1", "2"]);
  const first = await save(ann, id, 1, { note: "a note" });
  await save(ann, id, 2);
  expect(await save(ann, id, 1)).toEqual(first);
  const remindAt = Date.now() + 60_000;
  expect(await save(ann, id, 1, { remind_at: remindAt })).toEqual({ ...first, remind_at: remindAt });
  expect(await save(ann, id, 1, { note: "" })).toEqual({ ...first, note: "", remind_at: remindAt });
  expect(await save(ann, id, 1, { remind_at: null })).toEqual({ ...first, note: "" });
  expect(await savedPlaces(ann)).toEqual([
    [id, 2],
    [id, 1],
  ]);
  await unsave(ann, id, 2);
  await unsave(ann, id, 2);
  expect(await savedPlaces(ann)).toEqual([[id, 1]]);
  // What was never saved, in a conversation of others: the same answer.
  const others = await openDirect(bob, itemAt(await signedInUsers(1), 0));
  await unsave(ann, others.id, 1);
});

test("concurrent saves of one message make one entry", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await send(bob, id, "1");
  const entries = await Promise.all(Array.from({ length: 8 }, () => save(ann, id, 1)));
  expect(new Set(entries.map(({ saved_at }) => saved_at)).size).toBe(1);
  expect(await savedPlaces(ann, 1)).toEqual([[id, 1]]);
});

test("only what one sees can be saved, and a refused call changes nothing", async () => {
  const [ann, bob, cem] = await users();
  const { id } = await openDirect(ann, bob);
  await sendAll(bob, id, ["1", "2"]);
  expectProblem(await askToSave(cem, id, 1), 404, "not_found");
  expectProblem(await askToSave(ann, id, 3), 404, "not_found");
  expect((await deleteMessage(ann, id, 2, "me")).status).toBe(204);
  expectProblem(await askToSave(ann, id, 2), 404, "not_found");
  const wrong = [
    { note: "x".repeat(501) },
    { note: null },
    { note: 1 },
    { remind_at: "tomorrow" },
    { remind_at: Date.now() - 1_000 },
    { remind_at: Date.now() + 367 * 86_400_000 },
    { remind_at: 1.5 },
  ];
  for (const body of wrong) expectProblem(await askToSave(ann, id, 1, body), 400, "validation_failed");
  for (const query of ["?cursor=x", "?limit=0", "?due=maybe"]) {
    const answer = await call("GET", `/v1/saved${query}`, { token: ann.token });
    expectProblem(answer, 400, "validation_failed");
  }
  expect((await saved(ann)).items).toEqual([]);
  // 500 characters, and nearly a year.
  await save(ann, id, 1, { note: "😀".repeat(500), remind_at: Date.now() + 365 * 86_400_000 });
});

test("a saved message is shown as it is now: a revoked one without its content", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await send(bob, id, "a secret");
  await save(ann, id, 1, { note: "mine" });
  expect((await deleteMessage(bob, id, 1, "everyone")).status).toBe(204);
  const { items } = await saved(ann);
  expect(items).toMatchObject([{ note: "mine", message: { seq: 1, revoked: true, body: {} } }]);
  expect(JSON.stringify(items)).not.toContain("a secret");
});

test("what one has hidden, or deleted with its conversation, is saved no more", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await sendAll(bob, id, ["1", "2"]);
  await save(ann, id, 1);
  await save(ann, id, 2);
  expect((await deleteMessage(ann, id, 1, "me")).status).toBe(204);
  expect(await savedPlaces(ann)).toEqual([[id, 2]]);
  expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
  expect(await savedPlaces(ann)).toEqual([]);
  await send(bob, id, "3");
  expect(await savedPlaces(ann)).toEqual([]);
  await eventually(async () => expect(await storedRows(ann)).toBeLessThanOrEqual(1));
});

test("while one is out of a group its entries are hidden; they are back where one sees the message", async () => {
  const [ann, bob] = await users();
  const community = await createGroupOfKind("community", ann, [bob]);
  const group = (await createGroup(ann, [bob])).id;
  const direct = (await openDirect(ann, bob)).id;
  for (const id of [community, group, direct]) {
    const { seq } = await send(ann, id, `secret ${id}`);
    await save(bob, id, seq, { note: "a note" });
  }
  const listed = async () => (await savedPlaces(bob)).map(([id]) => id);
  for (const id of [community, group]) expect((await removeMember(ann, id, bob)).status).toBe(204);
  await eventually(async () => expect(await listed()).toEqual([direct]));
  const shown = JSON.stringify(await saved(bob));
  for (const id of [community, group]) expect(shown).not.toContain(`secret ${id}`);
  expectProblem(await askToSave(bob, group, 1, { note: "another" }), 404, "not_found");
  for (const id of [community, group]) expect((await addMember(ann, id, bob)).status).toBe(200);
  // New members of a community see its history; those of a group do not.
  await eventually(async () => expect(await listed()).toEqual([direct, community]));
});

test("a conversation that does not answer leaves its messages out, and nothing else", async () => {
  using patience = new Patience();
  overrideTiming({ acrossConversations: { callTimeoutMs: Patience.MS } });
  const [ann, bob, cem] = await users();
  const slow = await openDirect(ann, bob);
  const quick = await openDirect(ann, cem);
  await send(bob, slow.id, "slow");
  await send(cem, quick.id, "quick");
  await save(ann, slow.id, 1, { note: "kept" });
  await save(ann, quick.id, 1);
  const held = await HeldConversation.hold(slow.id);
  try {
    const { items, next_cursor } = await patience.answerWithout(() => held.waiting > 0, saved(ann));
    expect(items).toMatchObject([
      { conversation_id: quick.id, unreachable: false, message: { body: { text: "quick" } } },
      { conversation_id: slow.id, unreachable: true, message: null, note: "kept" },
    ]);
    expect(next_cursor).toBeNull();
  } finally {
    held.release();
  }
  const { items } = await saved(ann);
  expect(items.at(-1)).toMatchObject({ unreachable: false, message: { body: { text: "slow" } } });
});

/** The number of entries that an inbox stores. */
function storedRows({ user }: SignedIn): Promise<number> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    return storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM saved").one().n;
  });
}

test("1,000 messages can be saved; what is hidden by having left makes room", async () => {
  const [ann, bob] = await users();
  const { id } = await openDirect(ann, bob);
  await sendAll(bob, id, ["1", "2"]);
  await save(ann, id, 1);
  const fill = (conversationId: number, first: number, last: number) =>
    runInDurableObject(inboxObject(ann.user.id), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO saved (conversation_id, seq, note, saved_at)
         SELECT ?, value, '', value FROM json_each(?)`,
        conversationId,
        JSON.stringify(Array.from({ length: last - first + 1 }, (_, i) => first + i)),
      );
    });
  await fill(id, 1_001, 1_999);
  expectProblem(await askToSave(ann, id, 2), 409, "conflict");
  // What is saved already can be changed.
  await save(ann, id, 1, { note: "changed" });
  await unsave(ann, id, 1_001);
  // An entry of a conversation that the user is not in.
  await fill(id + 1_000, 1, 1);
  await save(ann, id, 2);
  expect(await storedRows(ann)).toBe(1_000);
  expectProblem(await askToSave(ann, id, 2_500), 404, "not_found");
});
