import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ListPosition } from "../../src/domain/conversations/conversation-list.ts";
import { decodeCursor, encodeCursor } from "../../src/domain/conversations/pagination.ts";
import { ConversationId, Position } from "../../src/domain/ids.ts";
import type { InboxUpdate } from "../../src/domain/sync/inbox-update.ts";
import { ConversationList } from "../../src/inbox/list/conversation-list.ts";
import { call, register } from "../support/clients/api.ts";
import { runOptions } from "../support/property-runs.ts";

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

function bump({
  id: conversationId,
  ver,
  state,
  updatedAt,
  last,
  read,
}: Extract<Change, { ver: number }>): InboxUpdate {
  const lastSeq = Position.parse(last);
  const readSeq = Position.parse(Math.min(read, last));
  return {
    ...{
      conversationId,
      version: ver,
      state,
      updatedAt,
      lastSeq,
      readSeq,
      lastCount: lastSeq,
      readCount: readSeq,
    },
    ...{
      visibleFrom: Position.parse(0),
      newFrom: Position.parse(0),
      memberCount: 2,
      preview: null,
      deletedForMe: false,
      rev: 0,
      ephemeral: [],
    },
  };
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
    const list = new ConversationList(storage.sql);
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
          const page = list.page(limit, after);
          for (const { pinned, updatedAt, conversationId, unreadCount } of page) {
            seen.push([{ pinned: pinned, updatedAt, conversationId }, unreadCount]);
          }
          const last = page.at(-1);
          if (!last || page.length < limit) break;
          after = decodeCursor(encodeCursor(last));
        }
        expect(seen).toEqual(model(changes));
      },
    );
    fc.assert(property, runOptions(100));
  });
});
