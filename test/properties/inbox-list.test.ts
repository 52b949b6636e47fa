import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { ListPosition } from "../../src/domain/conversations/conversation-list.ts";
import { decodeCursor, encodeCursor } from "../../src/domain/conversations/pagination.ts";
import { ConversationId, Position } from "../../src/domain/ids.ts";
import type { InboxUpdate } from "../../src/domain/sync/inbox-update.ts";
import { call, register } from "../support/clients/api.ts";
import { inboxUpdate, listOf } from "../support/objects/inbox-list.ts";
import { runOptions } from "../support/property-runs.ts";
import { timing } from "../support/timing.ts";

/** Few conversations, versions and times, so that they collide. */
const id = fc.integer({ min: 1, max: 12 }).map((value) => ConversationId.parse(value));
const change = fc.oneof(
  fc.record({
    id,
    ver: fc.nat(20),
    state: fc.constantFrom<InboxUpdate["state"][]>("active", "active", "active", "left"),
    updatedAt: fc.integer({ min: 1_000, max: 1_008 }),
    last: fc.nat(9),
    read: fc.nat(9),
  }),
  fc.record({ id, pinned: fc.boolean() }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function bump({ id, ver, state, updatedAt, last, read }: Extract<Change, { ver: number }>): InboxUpdate {
  const [lastSeq, readSeq] = [Position.parse(last), Position.parse(Math.min(read, last))];
  return inboxUpdate(id, ver, {
    ...{ state, updatedAt, countedAt: updatedAt, activeAt: updatedAt },
    ...{ lastSeq, readSeq, lastCount: lastSeq, readCount: readSeq },
  });
}

/** The expected list: the newest snapshot of each, pinned ones first, then by time, then by descending id. */
function model(changes: Change[]): [ListPosition, unread: number][] {
  const newest = new Map<ConversationId, InboxUpdate & { pinned: boolean }>();
  for (const one of changes) {
    const known = newest.get(one.id);
    if ("pinned" in one) {
      if (known) known.pinned = one.pinned;
    } else if (!known || one.ver > known.version) {
      newest.set(one.id, { ...bump(one), pinned: known?.pinned ?? false });
    }
  }
  return [...newest.values()]
    .filter(({ state }) => state === "active")
    .sort(
      (a, b) =>
        Number(b.pinned) - Number(a.pinned) ||
        b.updatedAt - a.updatedAt ||
        b.conversationId - a.conversationId,
    )
    .map(({ pinned, updatedAt, conversationId, lastCount: lastN, readCount: readN }) => [
      { pinned, updatedAt, conversationId },
      lastN - readN,
    ]);
}

test("pages of the list hold the newest snapshots in order, despite late and repeated updates", async () => {
  const { user, token } = await register();
  await call("GET", "/v1/conversations", { token });
  await runInDurableObject(env.INBOX.getByName(String(user.id)), (_, { storage }) => {
    const list = listOf(storage.sql);
    const property = fc.property(
      fc.array(change, { maxLength: 60, size: "max" }),
      fc.integer({ min: 1, max: 13 }),
      (changes, limit) => {
        storage.sql.exec("DELETE FROM conversations");
        for (const one of changes) {
          if ("pinned" in one) list.setPinned(one.id, one.pinned);
          else list.applyUpdate(bump(one));
        }
        const seen: [ListPosition, number][] = [];
        for (let after: ListPosition | undefined; ; ) {
          const page = list.page({ limit, ...(after && { after }) });
          for (const { pinned, updatedAt, conversationId, unreadCount } of page) {
            seen.push([{ pinned: pinned, updatedAt, conversationId }, unreadCount]);
          }
          const last = page.at(-1);
          if (!last || page.length < limit) break;
          after = decodeCursor(encodeCursor(last));
        }
        const expected = model(changes);
        expect(seen).toEqual(expected);
        const unread = list
          .unread()
          .filter(({ unreadCount }) => unreadCount > 0)
          .map(({ conversationId, unreadCount }) => `${conversationId}: ${unreadCount}`);
        const listed = expected.flatMap(([{ conversationId }, count]) =>
          count > 0 ? [`${conversationId}: ${count}`] : [],
        );
        expect(new Set(unread)).toEqual(new Set(listed));
      },
    );
    fc.assert(property, runOptions(20, 50));
  });
});

const position = fc.record({ seq: fc.nat(9).map((seq) => Position.parse(seq)), rev: fc.nat(3) });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ change, delivered: fc.option(position) }) },
  { weight: 3, arbitrary: fc.record({ id, delivered: position }) },
  { weight: 1, arbitrary: fc.constantFrom("read", "wait", "epoch", "sleep") },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("a list that writes behind answers as one that writes at once, also over a sleep", async () => {
  const users = [await register(), await register()];
  for (const { token } of users) await call("GET", "/v1/conversations", { token });
  const [atOnce, behind] = users.map(({ user }) => env.INBOX.getByName(String(user.id)));
  if (!atOnce || !behind) throw new Error("two users");
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
    expect(await answers(behind, steps, true)).toEqual(await answers(atOnce, steps, false));
  });
  await fc.assert(property, runOptions(20, 50));
});

/** What a list says after each of some steps. */
function answers(inbox: DurableObjectStub, steps: Step[], writesBehind: boolean): Promise<unknown[]> {
  return runInDurableObject(inbox, (_, { storage: { sql } }) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      sql.exec("DELETE FROM conversations");
      let list = listOf(sql, () => writesBehind);
      list.beginEpoch();
      return steps.map((step) => {
        switch (step) {
          case "read":
            return [list.page({ limit: 100 }), list.onRecord(), list.recent(100)];
          case "wait":
            vi.advanceTimersByTime(timing.list.writeBehindMs);
            return null;
          case "epoch":
            list.beginEpoch();
            return null;
          case "sleep":
            // An object sleeps once no timer is left.
            vi.runAllTimers();
            list = listOf(sql, () => writesBehind);
            expect(list.lostByCrash()).toEqual([]);
            return null;
        }
        if ("id" in step) {
          if (list.known(step.id)) list.setDelivered(step.id, step.delivered);
          return list.known(step.id);
        }
        if ("pinned" in step.change) list.setPinned(step.change.id, step.change.pinned);
        else list.applyUpdate(bump(step.change), step.delivered);
        return list.known(step.change.id);
      });
    } finally {
      vi.useRealTimers();
    }
  });
}

/** What happens to an inbox with devices. `minutes` go by without an update. */
const event = fc.oneof(
  { weight: 8, arbitrary: change },
  { weight: 3, arbitrary: fc.constantFrom("wait", "read", "sleep", "leave") },
  { weight: 1, arbitrary: fc.constantFrom("minutes", "crash") },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

test("after a crash each conversation is asked whose row lacks an update", async () => {
  const { user, token } = await register();
  await call("GET", "/v1/conversations", { token });
  await runInDurableObject(env.INBOX.getByName(String(user.id)), (_, { storage: { sql } }) => {
    const story = fc.array(event, { maxLength: 60, size: "max" });
    const property = fc.property(story, (events) => askedAfterCrashes(sql, events));
    fc.assert(property, runOptions(20, 50));
  });
});

/** Plays a story, and asserts after each crash that what is asked has all that was lost. */
function askedAfterCrashes(sql: SqlStorage, events: Event[]): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  try {
    sql.exec("DELETE FROM conversations");
    const newest = new Map<ConversationId, InboxUpdate>();
    let hasDevices = true;
    let list = listOf(sql, () => hasDevices);
    list.endEpoch();
    for (const now of [...events, "crash" as const]) {
      if (typeof now === "object") {
        if ("pinned" in now) continue;
        const update = bump(now);
        if (update.version > (newest.get(now.id)?.version ?? -1)) newest.set(now.id, update);
        list.applyUpdate(update);
      } else if (now === "wait") vi.advanceTimersByTime(timing.list.writeBehindMs);
      else if (now === "read") list.page({ limit: 100 });
      else if (now === "minutes") vi.advanceTimersByTime(timing.list.followMs / 2);
      else if (now === "sleep") {
        // An object sleeps once no timer is left.
        vi.runAllTimers();
        list = listOf(sql, () => hasDevices);
        expect(list.lostByCrash()).toEqual([]);
      } else {
        hasDevices = false;
        if (now === "leave") list.endEpoch();
        else vi.clearAllTimers();
        list = listOf(sql, () => hasDevices);
        const asked = list.lostByCrash();
        if (now === "leave") expect(asked).toEqual([]);
        const lost = [...newest].filter(([id, { version }]) => list.listedAs(id)?.version !== version);
        expect(asked).toEqual(expect.arrayContaining(lost.map(([id]) => id)));
        for (const [, update] of lost) list.applyUpdate(update);
        list.beginEpoch();
        hasDevices = true;
      }
    }
  } finally {
    vi.useRealTimers();
  }
}
