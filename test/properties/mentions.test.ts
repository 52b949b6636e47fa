import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { mentions } from "../features/mentions/client.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import { ask, createGroup, deleteMessage, send } from "../support/clients/chat.ts";
import { aside } from "../support/clients/threads.ts";
import { advanceClock, freezeClock } from "../support/clock.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";

const GROUPS = 6;

const event = fc.oneof(
  {
    weight: 6,
    // Few times, so that many messages have the same.
    arbitrary: fc.record({
      to: fc.nat(GROUPS - 1),
      names: fc.constantFrom("bob", "all", "nobody"),
      gap: fc.constantFrom(0, 0, 1),
      // A thread-only reply, if there is such a root.
      root: fc.option(fc.integer({ min: 1, max: 6 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ read: fc.nat(GROUPS - 1), from: fc.nat(8), unread: fc.boolean() }) },
  // An edit that names Bob in an older message.
  fc.record({ edit: fc.nat(GROUPS - 1), seq: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ hide: fc.nat(GROUPS - 1), seq: fc.integer({ min: 1, max: 6 }), forAll: fc.boolean() }),
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const budget = fc.record({
  maxAsked: fc.integer({ min: 1, max: 5 }),
  parallel: fc.integer({ min: 1, max: 3 }),
  maxScanned: fc.integer({ min: 1, max: 4 }),
  kept: fc.integer({ min: 1, max: 3 }),
  keptUnread: fc.constantFrom(2, 100),
});

beforeAll(setNoRateLimits);

/** Does what an event says. A refusal is as good: the model is what the list itself says. */
async function apply(event: Event, ann: SignedIn, bob: SignedIn, ids: number[]): Promise<void> {
  if ("names" in event) {
    advanceClock(event.gap);
    const named = event.names === "bob" ? [bob.user.id] : "all";
    const mentions = event.names === "nobody" ? {} : { mentions: named };
    const main = { kind: "text", body: { text: "hello" } };
    const id = itemAt(ids, event.to);
    const reply = event.root !== null && { ...aside(event.root), ...mentions };
    const isReply = reply && (await ask(ann, id, "POST", "/messages", reply)).status === 201;
    if (!isReply) await send(ann, id, { ...main, ...mentions });
  } else if ("edit" in event) {
    const edit = { base_version: 1, body: { text: "hello, Bob" }, mentions: [bob.user.id] };
    await ask(ann, itemAt(ids, event.edit), "PATCH", `/messages/${event.seq}`, edit);
  } else if ("read" in event) {
    const body = { seq: 1 + event.from, ...(event.unread && { unread: true }) };
    await call("PUT", `/v1/conversations/${itemAt(ids, event.read)}/read`, { token: bob.token, body });
  } else {
    const [who, forWhom] = event.forAll ? ([ann, "everyone"] as const) : ([bob, "me"] as const);
    await deleteMessage(who, itemAt(ids, event.hide), event.seq, forWhom);
  }
}

/** Bob's mentions, in pages until the end. @param between runs between two pages */
async function listed(bob: SignedIn, limit: number, between = async () => {}): Promise<string[]> {
  const places: string[] = [];
  const parts: number[][] = [];
  for (let cursor = "", pages = 0; ; pages++) {
    const page = await mentions(bob, `?limit=${limit}${cursor}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    expect(page.unreachable).toEqual([]);
    for (const { message } of page.items) {
      places.push(`${message.conversation_id}/${message.seq}`);
      parts.push([message.created_at, message.conversation_id, message.seq]);
    }
    expect(pages, "pages without an end").toBeLessThan(300);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    await between();
  }
  // Two parts, each newest first: there is one step up at most.
  const isUp = (a: number[] = [], b: number[] = []) =>
    (a.map((n, i) => n - itemAt(b, i)).find((n) => n !== 0) ?? 0) < 0;
  expect(parts.filter((place, i) => i > 0 && isUp(parts[i - 1], place)).length).toBeLessThanOrEqual(1);
  return places;
}

test("the pages of mentions have each one once, whatever is sent, read and hidden meanwhile", async () => {
  const property = fc.asyncProperty(
    fc.array(event, { minLength: 10, maxLength: 40 }),
    fc.array(fc.array(event, { maxLength: 3 }), { maxLength: 12 }),
    fc.boolean(),
    fc.integer({ min: 1, max: 4 }),
    budget,
    async (events, meanwhile, isBusy, limit, acrossConversations) => {
      const users = await signedInUsers(2);
      const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
      const ids: number[] = [];
      for (let i = 0; i < GROUPS; i++) ids.push((await createGroup(ann, [bob])).id);
      freezeClock();
      for (const event of events) await apply(event, ann, bob, ids);
      const before = await listed(bob, 100);
      const restore = setTiming({ acrossConversations });
      const all = meanwhile.values();
      const found = await listed(bob, limit, async () => {
        for (const event of all.next().value ?? []) await apply(event, ann, bob, ids);
        // More conversations than a page asks have new messages all the time.
        if (isBusy) {
          advanceClock(1);
          await Promise.all(ids.map((id) => send(ann, id, "names nobody")));
        }
      }).finally(restore);
      const after = new Set(await listed(bob, 100));
      expect(new Set(found).size).toBe(found.length);
      const throughout = before.filter((place) => after.has(place));
      expect(found.filter((place) => throughout.includes(place)).toSorted()).toEqual(throughout.toSorted());
    },
  );
  await fc.assert(property, runOptions(2, 4));
});
