import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { NOT_ARCHIVED } from "../../../../src/domain/conversations/archive.ts";
import { CoreError } from "../../../../src/domain/errors.ts";
import { ConversationId, Position, UserId } from "../../../../src/domain/ids.ts";
import type { MemberSnapshot, OwnMembership, UserDirectory } from "../../../../src/domain/ports.ts";
import type { InboxUpdate } from "../../../../src/domain/sync/inbox-update.ts";
import { DeviceCursors } from "../../../../src/inbox/devices/device-cursors.ts";
import { DeviceFeed } from "../../../../src/inbox/devices/device-feed.ts";
import { MessageContexts } from "../../../../src/inbox/devices/message-contexts.ts";
import type { ConversationList } from "../../../../src/inbox/list/conversation-list.ts";
import { ListRepair } from "../../../../src/inbox/list/repair.ts";
import { MIGRATIONS } from "../../../../src/inbox/migrations.ts";
import { CallBudget } from "../../../../src/object/concurrency.ts";
import { migrate } from "../../../../src/object/migrations.ts";
import { UserBudgets } from "../../../../src/object/user-budgets.ts";
import { MetricsInMemory } from "../../../../src/storage/metrics/memory.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import { conversationsWith, inboxUpdate, listOf } from "../../../support/objects/inbox-list.ts";
import { range } from "../../../support/objects/room.ts";
import { overrideTiming, timing } from "../../../support/timing.ts";

const ID = ConversationId.parse(1);
const ANN = UserId.parse(100_000);

const update = (ver: number, fields: Partial<InboxUpdate> = {}) => inboxUpdate(ID, ver, fields);

const calls = () => new CallBudget(timing.jobs.maxCalls);

interface World {
  /** the keys of the jobs that go on with the repair */
  jobs: Set<string>;
  list: ConversationList;
  feed: DeviceFeed;
  /** the account is deleted */
  isGone: boolean;
  /** devices were closed */
  hasFailed: boolean;
}

/** The conversation's answer, and what happens meanwhile. */
type Ask = (world: World, id: ConversationId) => Promise<MemberSnapshot>;

interface Setting {
  /** the inbox's state of the conversation, right or wrong */
  known?: InboxUpdate;
  ask: Ask;
  /** a device is connected */
  listens?: boolean;
  memberships?: UserDirectory["memberships"];
}

/** Runs a test of the repair in an inbox of its own, of one conversation. */
function repaired(
  { known, ask, listens = false, memberships }: Setting,
  look: (world: World, repair: ListRepair, storage: DurableObjectStorage) => Promise<void>,
): Promise<void> {
  return runInDurableObject(env.INBOX.get(env.INBOX.newUniqueId()), async (_, { storage }) => {
    migrate(storage, MIGRATIONS);
    const { sql } = storage;
    const [list, cursors] = [listOf(sql), new DeviceCursors(sql)];
    const conversations = conversationsWith({ snapshot: (id) => ask(world, id) });
    const userId = () => ANN;
    const audience = { open: () => [], isOpen: () => listens, isOpening: () => false };
    const contexts = new MessageContexts({
      directory: { storedContext: async () => null },
      audience,
      list,
      timing,
      userId,
    });
    const feed = new DeviceFeed({
      audience,
      list,
      cursors,
      conversations,
      settings: { maxChanges: 5_000 },
      budgets: new UserBudgets(sql, { rateLimits: false }, timing.userBudgets),
      contexts: contexts,
      metrics: new MetricsInMemory(),
      timing,
      userId,
    });
    const jobs = new Set<string>();
    const scheduler = {
      schedule: (_: "repair", key: string) => void jobs.add(key),
      cancel: (_: "repair", key: string) => void jobs.delete(key),
      firstKey: () => [...jobs][0] ?? null,
    };
    const world = { jobs, list, feed, isGone: false, hasFailed: false };
    const fail = () => {
      world.hasFailed = true;
    };
    const repair = new ListRepair(sql, scheduler, {
      ...{ list, cursors, feed, conversations, timing, userId, sockets: { ...audience, fail } },
      directory: {
        memberships: memberships ?? (async () => [{ conversationId: ID, pinned: false, ...NOT_ARCHIVED }]),
      },
      isDeleted: () => world.isGone,
      lookAtSockets: () => undefined,
    });
    if (known) list.applyUpdate(known);
    await look(world, repair, storage);
  });
}

const answer = (update: InboxUpdate, isDelivered = true) =>
  Promise.resolve({ update, isDelivered, isSent: false });

function entries({ list }: World) {
  return list
    .page({ limit: 10 })
    .map(({ lastSeq, unreadCount, pinned }) => ({ lastSeq, unreadCount, pinned }));
}

test("an update that arrives during a repair's call is not overwritten by its answer", async () => {
  const meanwhile: Ask = async ({ list }) => {
    list.applyUpdate(update(9));
    list.setPinned(ID, true);
    return answer(update(8, { lastCount: 3 }));
  };
  // Even where the row claims to be newer than both.
  for (const known of [update(7), update(1_000, { lastCount: 0 })]) {
    await repaired({ known, ask: meanwhile }, async (world, repair) => {
      expect(await repair.run(calls())).toEqual({ repaired: 1, unreachable: 0 });
      expect(entries(world)).toEqual([{ lastSeq: 9, unreadCount: 9, pinned: true }]);
    });
  }
});

test("a user who joins a conversation while it answers that they are absent stays in the list", async () => {
  const ask: Ask = async ({ list }) => {
    list.applyUpdate(update(2));
    throw new CoreError("not_found", "not in it");
  };
  await repaired({ ask }, async (world, repair) => {
    expect(await repair.run(calls())).toEqual({ repaired: 1, unreachable: 0 });
    expect(entries(world)).toEqual([{ lastSeq: 2, unreadCount: 2, pinned: false }]);
  });
});

test("a late answer changes nothing and delays nobody", async () => {
  overrideTiming({ listRepair: { callTimeoutMs: 10 } });
  let answerNow: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  const ask: Ask = async () => {
    await late;
    return answer(update(8));
  };
  await repaired({ known: update(5), ask }, async (world, repair) => {
    expect(await repair.run(calls())).toEqual({ repaired: 0, unreachable: 1 });
    // The next task in the queue runs though the call is still open.
    await world.feed.inTurn(ID, async () => world.list.applyUpdate(update(9)));
    answerNow();
    await world.feed.inTurn(ID, async () => undefined);
    expect(entries(world)).toEqual([{ lastSeq: 9, unreadCount: 9, pinned: false }]);
  });
});

test("a conversation whose turn comes too late is not asked any more", async () => {
  overrideTiming({ listRepair: { callTimeoutMs: 10 } });
  let isAsked = false;
  const ask: Ask = () => {
    isAsked = true;
    return answer(update(8));
  };
  let end: () => void = () => undefined;
  const before = new Promise<void>((resolve) => {
    end = resolve;
  });
  await repaired({ known: update(5), ask }, async ({ feed }, repair) => {
    void feed.inTurn(ID, () => before);
    expect(await repair.run(calls())).toEqual({ repaired: 0, unreachable: 1 });
    end();
    await feed.inTurn(ID, async () => undefined);
    expect(isAsked).toBe(false);
  });
});

test("while D1 is down a repair does nothing, and may be tried again at once", async () => {
  let isDown = true;
  const memberships = async () => {
    if (isDown) throw new Error("D1 is down");
    return [{ conversationId: ID, pinned: true, ...NOT_ARCHIVED }];
  };
  await repaired({ known: update(5), ask: () => answer(update(8)), memberships }, async (world, repair) => {
    await expect(repair.run(calls())).rejects.toThrow("D1 is down");
    expect(entries(world)).toEqual([{ lastSeq: 5, unreadCount: 5, pinned: false }]);
    isDown = false;
    expect(await repair.run(calls())).toEqual({ repaired: 1, unreachable: 0 });
    expect(entries(world)).toEqual([{ lastSeq: 8, unreadCount: 8, pinned: true }]);
    await expect(repair.run(calls())).rejects.toMatchObject({
      code: "rate_limited",
      data: { retryAfter: 60 },
    });
  });
});

test("a failed statement loses nothing, and the next repair does the rest", async () => {
  let isBroken = true;
  for (let step = 1; isBroken; step++) {
    await repaired(
      { known: update(1_000, { lastCount: 1 }), ask: () => answer(update(8)) },
      async (world, repair, { sql }) => {
        sql.exec("INSERT INTO device_cursors VALUES ('nobody', 1, 1, 1, 1)");
        isBroken = await breaking(sql, step, () => repair.run(calls()));
        expect(entries(world).length).toBe(1);
        sql.exec("UPDATE presence SET repaired_at = 0");
        expect(await repair.run(calls())).toEqual({ repaired: 1, unreachable: 0 });
        expect(entries(world).map(({ lastSeq }) => lastSeq)).toEqual([8]);
        expect(sql.exec("SELECT * FROM device_cursors").toArray()).toEqual([]);
      },
    );
  }
});

/** Makes the n-th statement of `work` fail. @returns whether it was reached */
async function breaking(sql: SqlStorage, step: number, work: () => Promise<unknown>): Promise<boolean> {
  const exec = sql.exec.bind(sql);
  let steps = 0;
  const broken: typeof exec = (query, ...bindings) => {
    steps++;
    if (steps === step) throw new Error("refused on purpose");
    return exec(query, ...bindings);
  };
  Object.defineProperty(sql, "exec", { configurable: true, value: broken });
  await work().catch(() => undefined);
  Reflect.deleteProperty(sql, "exec");
  return steps >= step;
}

/** D1, with 60 memberships. */
async function sixty(_: UserId, after: number, limit: number): Promise<OwnMembership[]> {
  const ids = range(after + 1, Math.min(60, after + limit));
  return ids.map((id) => ({ conversationId: ConversationId.parse(id), pinned: false, ...NOT_ARCHIVED }));
}

/** Runs the jobs of a repair until none is left. @returns how many ran */
async function goOn({ jobs }: World, repair: ListRepair, budget: () => CallBudget): Promise<number> {
  for (let ran = 0; ; ran++) {
    const [key] = jobs;
    if (key === undefined) return ran;
    jobs.delete(key);
    await repair.goOn(Number(key), budget());
  }
}

test("with more conversations than one event has time for, a repair goes on in the next alarms", async () => {
  const reached: ConversationId[] = [];
  // Each call takes a second of the frozen clock, however slow the machine is.
  freezeClock();
  const ask: Ask = async (_, conversationId) => {
    advanceClock(1_000);
    reached.push(conversationId);
    return answer(update(8, { conversationId }));
  };
  await repaired({ ask, memberships: sixty }, async (world, repair) => {
    const { repaired, unreachable } = await repair.run(calls());
    expect(repaired).toBeGreaterThan(10);
    expect(repaired).toBeLessThan(30);
    expect(unreachable).toBe(0);
    expect(await goOn(world, repair, calls)).toBeGreaterThan(1);
    expect(reached).toEqual(range(1, 60));
    await expect(repair.run(calls())).rejects.toMatchObject({ code: "rate_limited" });
  });
});

test("with more conversations than the calls of one event, a repair goes on in the next alarms, or when asked", async () => {
  const reached: ConversationId[] = [];
  const ask: Ask = async (_, conversationId) => {
    reached.push(conversationId);
    return answer(update(8, { conversationId }));
  };
  await repaired({ ask, memberships: sixty }, async (world, repair) => {
    // The list has a conversation that D1 does not have yet, and one that no user ever had.
    world.list.applyUpdate(update(3, { conversationId: ConversationId.parse(70) }));
    world.list.applyUpdate(update(3, { conversationId: ConversationId.parse(71) }));
    const few = () => new CallBudget(7);
    expect(await repair.run(few())).toEqual({ repaired: 7, unreachable: 0 });
    expect([...world.jobs]).toEqual(["7"]);
    expect(await repair.run(few())).toEqual({ repaired: 7, unreachable: 0 });
    expect([...world.jobs]).toEqual(["14"]);
    expect(await goOn(world, repair, few)).toBe(7);
    expect(reached).toEqual([...range(1, 60), 70, 71]);
    await expect(repair.run(few())).rejects.toMatchObject({ code: "rate_limited" });
  });
});

test("a repair with parts left ends with the account", () =>
  repaired({ ask: () => answer(update(8)), memberships: sixty }, async (world, repair) => {
    await repair.run(new CallBudget(7));
    world.isGone = true;
    expect(await goOn(world, repair, calls)).toBe(1);
  }));

test("a last repair dated in the future delays no repair", () =>
  repaired({ ask: () => answer(update(8)) }, async (_, repair, { sql }) => {
    sql.exec("UPDATE presence SET repaired_at = ?", Date.now() + 1e9);
    expect(await repair.run(calls())).toEqual({ repaired: 1, unreachable: 0 });
  }));

/** The position of the devices: in the row, in the conversation, and after the repair. */
const PLACES: [
  string,
  { delivered: number | null; isDelivered: boolean; expected: number; fails: boolean },
][] = [
  ["all was delivered", { delivered: 8, isDelivered: true, expected: 8, fails: false }],
  ["an update is on its way", { delivered: 5, isDelivered: false, expected: 5, fails: false }],
  ["less than was confirmed", { delivered: 5, isDelivered: true, expected: 8, fails: true }],
  ["more than exists", { delivered: 9, isDelivered: false, expected: 8, fails: true }],
  ["more than exists, and that was confirmed", { delivered: 9, isDelivered: true, expected: 8, fails: true }],
  ["nothing", { delivered: null, isDelivered: false, expected: 8, fails: true }],
];

test.each(PLACES)(
  "the device cursor, where its row says: %s",
  async (_, { delivered, isDelivered, expected, fails }) => {
    const ask: Ask = () => answer(update(8), isDelivered);
    await repaired({ known: update(5), ask, listens: true }, async (world, repair) => {
      const { list } = world;
      list.beginEpoch();
      if (delivered === null) list.forget(ID);
      else list.setDelivered(ID, { seq: Position.parse(delivered), rev: 0 });
      await repair.run(calls());
      expect(world.list.known(ID)?.delivered).toEqual({ seq: expected, rev: 0 });
      expect(world.hasFailed).toBe(fails);
    });
  },
);

test.each([
  ["not received it all", { isDelivered: false, expected: { state: "active", told_seq: 5 } }],
  ["received it all", { isDelivered: true, expected: { state: "left" } }],
])(
  "a conversation that the user has left, while devices have %s, is left in the end",
  async (_, { isDelivered, expected }) => {
    const left = update(8, { state: "left" });
    const ask: Ask = () => answer(left, isDelivered);
    await repaired(
      { known: update(1_000, { lastSeq: Position.parse(isDelivered ? 8 : 5) }), ask, listens: true },
      async (world, repair, { sql }) => {
        world.list.beginEpoch();
        await repair.run(calls());
        expect(sql.exec("SELECT * FROM conversations").one()).toMatchObject(expected);
        expect(world.hasFailed).toBe(false);
        world.list.applyUpdate(left);
        expect(sql.exec("SELECT * FROM conversations").one()).toMatchObject({ state: "left", ver: 8 });
      },
    );
  },
);
