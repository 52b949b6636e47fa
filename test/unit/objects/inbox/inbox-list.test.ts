import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { NOT_ARCHIVED } from "../../../../src/domain/conversations/archive.ts";
import type { Result } from "../../../../src/domain/errors.ts";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { SessionGate } from "../../../../src/inbox/account/session-gate.ts";
import { MIGRATIONS } from "../../../../src/inbox/migrations.ts";
import { CallBudget } from "../../../../src/object/concurrency.ts";
import { migrate } from "../../../../src/object/migrations.ts";
import { register, type SignedIn } from "../../../support/clients/api.ts";
import { inboxUpdate, listOf } from "../../../support/objects/inbox-list.ts";
import { inboxObject, range, sessionOf } from "../../../support/objects/room.ts";
import { overrideTiming, timing } from "../../../support/timing.ts";

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

/** The inbox of a new user. */
async function freshInbox() {
  return inboxObject((await register()).user.id);
}

function received<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

test("conversations of one kind are paged by number, newest first, with their total, and pinned ones keep their place", async () => {
  const inbox = await freshInbox();
  for (const i of range(1, 9)) {
    const kind = i % 3 === 0 ? "group" : "direct";
    await inbox.applyUpdate(inboxUpdate(i, 1, { kind, updatedAt: i === 2 ? 8 : i, readAt: i * 10 }));
  }
  await inbox.setPreferences({ ...NOT_ARCHIVED, conversationId: ConversationId.parse(1), pinned: true });
  await inbox.applyUpdate(inboxUpdate(4, 2, { kind: "direct", deletedForMe: true }));
  const part = async (kind: "direct" | "group", skip: number, limit: number) => {
    const { entries, total } = received(await inbox.numbered({ kind, skip, limit }));
    return [entries.map(({ conversationId, readAt }) => [conversationId, readAt]), total];
  };
  const direct = [8, 2, 7, 5, 1].map((id) => [id, id * 10]);
  expect(await part("direct", 0, 10)).toEqual([direct, 5]);
  expect(await part("direct", 0, 2)).toEqual([direct.slice(0, 2), 5]);
  expect(await part("direct", 4, 2)).toEqual([direct.slice(4), 5]);
  expect(await part("direct", 5, 2)).toEqual([[], 5]);
  expect(await part("direct", Number.MAX_SAFE_INTEGER * 50, 50)).toEqual([[], 5]);
  expect((await part("group", 0, 10))[1]).toBe(3);
});

test("a check for lost sockets keeps those registered during its calls, and asks every conversation", () =>
  runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, { storage }) => {
    migrate(storage, MIGRATIONS);
    const sessionId = sessionOf(ann);
    const at = (id: number) => ({ conversationId: ConversationId.parse(id), sessionId });
    const gate: SessionGate = new SessionGate(
      storage.sql,
      {
        kick: async () => undefined,
        openSessions: async (id) => {
          if (id === 1) throw new Error("not reached");
          if (id === 2) gate.register(at(2));
          return id === 3 ? [sessionId] : [];
        },
      },
      timing.socketRegistry,
    );
    for (const id of range(1, 4)) gate.register(at(id));
    await expect(gate.removeLostSockets(new CallBudget(500))).rejects.toThrow("not reached");
    const left = storage.sql.exec("SELECT conversation_id FROM sockets ORDER BY 1").toArray();
    expect(left.map((row) => row.conversation_id)).toEqual([1, 2, 3]);
  }));

test("with more registered sockets than the calls of one event, their checks and closes go on in the next", () =>
  runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, { storage }) => {
    migrate(storage, MIGRATIONS);
    const sessionId = sessionOf(ann);
    const [checked, kicked]: ConversationId[][] = [[], []];
    const conversations = {
      kick: async (id: ConversationId) => void kicked?.push(id),
      openSessions: async (id: ConversationId) => {
        checked?.push(id);
        return [sessionId];
      },
    };
    const gate = new SessionGate(storage.sql, conversations, timing.socketRegistry);
    for (const id of range(1, 10)) gate.register({ conversationId: ConversationId.parse(id), sessionId });
    const few = () => new CallBudget(4);
    const done = [];
    for (const _ of range(1, 3)) done.push(await gate.removeLostSockets(few()));
    expect([done, checked]).toEqual([[false, false, true], range(1, 10)]);
    // The next check begins anew.
    await gate.removeLostSockets(few());
    expect(checked?.slice(10)).toEqual(range(1, 4));
    done.length = 0;
    for (const _ of range(1, 3)) done.push(await gate.kick(sessionId, few()));
    expect([done, kicked]).toEqual([[false, false, true], range(1, 10)]);
    expect(gate.hasSockets()).toBe(false);
  }));

/** Works on the list of a user with a device, whose clock and timers stand still. */
async function withStillClock(
  work: (list: ReturnType<typeof listOf>, sql: SqlStorage) => void,
): Promise<void> {
  const inbox = await freshInbox();
  // Its tables are made.
  received(await inbox.list({ limit: 1 }));
  await runInDurableObject(inbox, (_, { storage: { sql } }) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      work(
        listOf(sql, () => true),
        sql,
      );
    } finally {
      vi.useRealTimers();
    }
  });
}

test("while updates do not end a connected user's list is written every 4 seconds, and soon after the last one", async () => {
  overrideTiming({ list: { writeBehindMs: 500 } });
  await withStillClock((list, sql) => {
    const stored = new Set<unknown>();
    const row = () => sql.exec("SELECT last_seq FROM conversations WHERE conversation_id = 1").one().last_seq;
    for (let ver = 1; ver <= 85; ver++) {
      list.applyUpdate(inboxUpdate(1, ver));
      stored.add(row());
      vi.advanceTimersByTime(150);
    }
    // The first update, and in 12 seconds three times.
    expect(stored.size).toBe(4);
    vi.advanceTimersByTime(1_000);
    expect(row()).toBe(85);
    expect(vi.getTimerCount()).toBe(0);
    // The next one is told without a commit, until the devices are gone.
    list.applyUpdate(inboxUpdate(1, 86));
    expect(row()).toBe(85);
    list.endEpoch();
    expect(row()).toBe(86);
    expect(sql.exec("SELECT list_behind FROM presence").one().list_behind).toBe(0);
  });
});

test("of more conversations than memory follows, each that goes on has its newest update in the list", () =>
  withStillClock((list, sql) => {
    for (const id of range(1, 130)) for (const ver of range(1, 2)) list.applyUpdate(inboxUpdate(id, ver));
    list.endEpoch();
    const behind = "SELECT conversation_id, last_seq FROM conversations WHERE last_seq <> 2";
    expect(sql.exec(behind).toArray()).toEqual([]);
    expect(sql.exec("SELECT list_behind FROM presence").one().list_behind).toBe(0);
  }));
