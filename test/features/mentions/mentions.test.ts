import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { Patience } from "../../support/faults/patience.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";
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

test("a conversation that does not answer is named, and the others are listed", async () => {
  const [ann, bob, cem] = await users();
  const slow = (await createGroup(ann, [bob])).id;
  const quick = (await createGroup(cem, [bob])).id;
  const seq = await name(ann, slow, [bob]);
  await name(cem, quick, "all");
  await eventually(async () => expect((await mentions(bob)).items.length).toBe(2));
  using patience = new Patience();
  overrideTiming({
    list: { snapshotTimeoutMs: Patience.MS },
    acrossConversations: { callTimeoutMs: Patience.MS },
  });
  const held = await HeldConversation.hold(slow);
  try {
    const page = await patience.answerWithout(() => held.waiting > 0, mentions(bob));
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
