import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, send } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
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
