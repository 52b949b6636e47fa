import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { evict, untilCheckpoint } from "../../support/objects/sleep.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { allMentions, mentions, type Place } from "./client.ts";

// A list that is not up to date yet is asked for again and again.
beforeAll(() => setNoRateLimits());

const users = () => signedInUsers(3);

/** Sends a message that names users, or everybody. @returns its seq */
async function name(who: SignedIn, id: number, named: SignedIn[] | "all", text = "hello"): Promise<number> {
  const ids = named === "all" ? named : named.map(({ user }) => user.id);
  return (await send(who, id, { kind: "text", body: { text }, mentions: ids })).seq;
}

const read = (who: SignedIn, id: number, seq: number) => ask(who, id, "PUT", "/read", { seq });

const byNumbers = (a: number[], b: number[]) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);

/** Expects these mentions, in pages of any size, once the list has heard of them. */
async function expectMentions(who: SignedIn, places: Place[]): Promise<void> {
  await eventually(async () => expect(await allMentions(who)).toEqual(places));
  for (const limit of [1, 2, 3]) expect(await allMentions(who, limit)).toEqual(places);
}

test("messages that name one, or everybody: unread ones first, then newest first", async () => {
  freezeClock();
  const [ann, bob, cem] = await users();
  const group = (await createGroup(bob, [ann, cem])).id;
  const other = (await createGroup(cem, [ann, bob])).id;
  const direct = (await openDirect(ann, bob)).id;
  expect(await mentions(ann)).toEqual({ items: [], next_cursor: null, unreachable: [] });
  const sent: [number, number][] = [];
  for (const [who, id, named] of [
    [bob, group, [ann]],
    [cem, other, "all"],
    [bob, group, [cem]],
    [bob, direct, [ann]],
    [cem, group, "all"],
    [cem, other, [bob, ann]],
    [bob, group, [ann]],
  ] as const) {
    advanceClock(1_000);
    sent.push([id, await name(who, id, typeof named === "string" ? named : [...named])]);
    await send(who, id, "names nobody");
  }
  const seqOf = (i: number) => itemAt(itemAt(sent, i), 1);
  const [first, second, third] = [seqOf(0), seqOf(4), seqOf(6)];
  // Ann has read a part of the group, and the direct conversation.
  expect((await read(ann, group, second)).status).toBe(200);
  expect((await read(ann, direct, seqOf(3))).status).toBe(200);
  await expectMentions(ann, [
    [group, third, true],
    [other, seqOf(5), true],
    [other, seqOf(1), true],
    [group, second, false],
    [direct, seqOf(3), false],
    [group, first, false],
  ]);
  await expectMentions(cem, [[group, seqOf(2), false]]);
  const page = await mentions(ann, "?limit=1");
  expect(page.items[0]?.message).toMatchObject({ sender: { id: bob.user.id }, mentions: [ann.user.id] });
});

test("one's own messages to everybody name one not, nor do those that name others", async () => {
  const [ann, bob, cem] = await users();
  const { id } = await createGroup(ann, [bob, cem]);
  await name(ann, id, "all");
  await name(bob, id, [cem]);
  await send(bob, id, "@ann, in the text alone");
  const seq = await name(cem, id, "all");
  await expectMentions(ann, [[id, seq, true]]);
});

test("the list outlasts an eviction of the conversation", async () => {
  const [ann, bob] = await users();
  const id = ConversationId.parse((await createGroup(ann, [bob])).id);
  const seqs = [await name(ann, id, [bob]), await name(ann, id, "all")];
  await read(bob, id, 1);
  await untilCheckpoint(id);
  await evict(id);
  await expectMentions(bob, [
    [id, itemAt(seqs, 1), true],
    [id, itemAt(seqs, 0), false],
  ]);
});

test("what one may not see is not listed", async () => {
  const [ann, bob, cem] = await users();
  const { id } = await createGroup(ann, [cem]);
  const community = await createGroupOfKind("community", ann, [cem]);
  await name(ann, id, "all", "before Bob");
  const old = await name(ann, community, "all", "before Bob");
  for (const group of [id, community]) {
    expect((await ask(ann, group, "POST", "/members", { user_ids: [bob.user.id] })).status).toBe(200);
  }
  // New members of a community see its history.
  await expectMentions(bob, [[community, old, false]]);
  const [revoked, hidden, shown] = [
    await name(ann, id, [bob]),
    await name(ann, id, "all"),
    await name(ann, id, [bob]),
  ];
  expect((await deleteMessage(ann, id, revoked, "everyone")).status).toBe(204);
  expect((await deleteMessage(bob, id, hidden, "me")).status).toBe(204);
  await expectMentions(bob, [
    [id, shown, true],
    [community, old, false],
  ]);
  expect((await ask(bob, id, "POST", "/leave")).status).toBe(204);
  await expectMentions(bob, [[community, old, false]]);
  expectProblem(await call("GET", "/v1/mentions?cursor=x", { token: bob.token }), 400, "validation_failed");
});

test("where nothing counts as unread, mentions are listed as read", async () => {
  const [ann, bob] = await users();
  const chat = await createGroupOfKind("chatroom", ann, [bob]);
  const seq = await name(ann, chat, [bob]);
  await expectMentions(bob, [[chat, seq, false]]);
});

test("more unread mentions than a list holds, and more mentions than one answer looks at", async () => {
  overrideTiming({ acrossConversations: { maxScanned: 3, maxAsked: 4 } });
  const [ann, bob, cem] = await users();
  const ids = [(await createGroup(ann, [bob, cem])).id, (await createGroup(ann, [bob, cem])).id];
  const unread: Place[] = [];
  for (let i = 0; i < 48; i++) {
    const id = itemAt(ids, i % 4 === 0 ? 1 : 0);
    unread.unshift([id, await name(ann, id, [bob]), true]);
    await name(ann, id, [cem]);
  }
  for (const id of ids) await untilCheckpoint(ConversationId.parse(id));
  const places = await allMentions(bob, 5);
  const once = (some: Place[]) => some.map(([id, seq]) => [id, seq]).toSorted(byNumbers);
  expect(once(places)).toEqual(once(unread));
  expect(places.every(([, , isUnread]) => isUnread)).toBe(true);
});

test("the pages have each mention once, for any number of conversations", async () => {
  freezeClock();
  overrideTiming({ acrossConversations: { parallel: 2, kept: 2, maxAsked: 3, maxScanned: 2 } });
  const [ann, bob, cem] = await users();
  const ids: number[] = [];
  for (let i = 0; i < 7; i++) ids.push((await createGroup(ann, [bob, cem])).id);
  const all: [number, number][] = [];
  let random = 7;
  for (let i = 0; i < 40; i++) {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    const id = itemAt(ids, random % ids.length);
    // Many have the same time.
    if (random % 3 === 0) advanceClock(1);
    const named = random % 5 === 0 ? cem : bob;
    const seq = await name(ann, id, [named]);
    if (named === bob) all.push([id, seq]);
    if (random % 7 === 0) await read(bob, id, seq);
  }
  const once = (places: Place[]) => places.map(([id, seq]) => [id, seq]).toSorted(byNumbers);
  await eventually(async () => expect(once(await allMentions(bob))).toEqual(all.toSorted(byNumbers)));
  for (const limit of [1, 2, 3, 7]) {
    const places = await allMentions(bob, limit);
    expect(once(places)).toEqual(all.toSorted(byNumbers));
    const firstRead = places.findIndex(([, , unread]) => !unread);
    expect(places.slice(firstRead).filter(([, , unread]) => unread)).toEqual([]);
  }
});

test("60 conversations: each mention once, by time, while all get messages and unread ones are read", async () => {
  const [ann, bob] = await users();
  const ids: number[] = [];
  for (let i = 0; i < 60; i++) ids.push(await createGroupId(ann, bob));
  const sent: [number, number][] = [];
  for (const i of ids.keys()) {
    // Conversations in another order than their ids.
    const id = itemAt(ids, (i * 7) % ids.length);
    sent.unshift([id, await name(ann, id, [bob])]);
  }
  await Promise.all(ids.slice(0, 20).map((id) => read(bob, id, 1)));
  await eventually(async () => {
    const unread = (await allMentions(bob)).filter(([, , isUnread]) => isUnread);
    expect(unread.length).toBe(40);
  });
  const isRead = ([id]: [number, number]) => ids.indexOf(id) < 20;
  const places: [number, number][] = [];
  for (let cursor = ""; ; ) {
    const page = await mentions(bob, `?limit=9${cursor}`);
    for (const { message } of page.items) places.push([message.conversation_id, message.seq]);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    await Promise.all(page.items.map(({ message }) => read(bob, message.conversation_id, message.seq)));
    await Promise.all(ids.map((id) => send(ann, id, "names nobody")));
  }
  expect(places).toEqual([...sent.filter((place) => !isRead(place)), ...sent.filter(isRead)]);
}, 60_000);

test("a conversation that does not answer is named, and the others are listed", async () => {
  overrideTiming({ acrossConversations: { callTimeoutMs: 50 } });
  const [ann, bob, cem] = await users();
  const slow = (await createGroup(ann, [bob])).id;
  const quick = (await createGroup(cem, [bob])).id;
  const seq = await name(ann, slow, [bob]);
  await name(cem, quick, "all");
  await eventually(async () => expect((await mentions(bob)).items.length).toBe(2));
  overrideTiming({ list: { snapshotTimeoutMs: 50 } });
  const held = await HeldConversation.hold(slow);
  try {
    const page = await mentions(bob);
    expect(page).toMatchObject({ items: [{ conversation_id: quick }], unreachable: [slow] });
    expect(page.next_cursor).toBeNull();
  } finally {
    held.release();
  }
  await eventually(async () =>
    expect(await allMentions(bob)).toContainEqual([slow, seq, true] satisfies Place),
  );
});

test("a mention that is revoked while the page is made is left out", async () => {
  const [ann, bob] = await users();
  const { id } = await createGroup(ann, [bob]);
  const seq = await name(ann, id, [bob], "a secret");
  await expectMentions(bob, [[id, seq, true]]);
  const [page] = await Promise.all([mentions(bob), deleteMessage(ann, id, seq, "everyone")]);
  const shown = page.items.map(({ message }) => message.revoked);
  expect(shown.every((revoked) => !revoked)).toBe(true);
  await expectMentions(bob, []);
});
