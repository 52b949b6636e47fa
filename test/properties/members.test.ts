import fc from "fast-check";
import { expect, test } from "vitest";
import type { MemberRow } from "../../src/conversation/members/member-row.ts";
import { Members } from "../../src/conversation/members/members.ts";
import type { Standing } from "../../src/conversation/members/stored-members.ts";
import { type Floor, NO_FLOOR } from "../../src/conversation/retention/floor.ts";
import { withNewVersion } from "../../src/conversation/state/group-change.ts";
import { commit, type Transaction } from "../../src/conversation/state/transaction.ts";
import { blankRow } from "../../src/conversation/viewers/joined-row.ts";
import { Position, Seq, UserId } from "../../src/domain/ids.ts";
import { inIsolatedObject } from "../support/objects/isolated-room.ts";
import { runOptions } from "../support/property-runs.ts";

/** A group with more active members is large. Both sides of it are reached by a few steps. */
const LARGE = 4;

const userId = fc.integer({ min: 1, max: 9 }).map((id) => UserId.parse(id));
const join = fc.record({ kind: fc.constant("join" as const), users: fc.array(userId, { maxLength: 9 }) });
const project = fc.record({
  kind: fc.constant("project" as const),
  users: fc.array(userId, { maxLength: 9 }),
});
const step = fc.oneof(
  join,
  project,
  fc.record({ kind: fc.constant("leave" as const), users: fc.array(userId, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("touch" as const), users: fc.array(userId, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("send" as const), users: fc.array(userId, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("read" as const), users: fc.array(userId, { maxLength: 1 }) }),
  fc.record({ kind: fc.constant("mark" as const), users: fc.array(userId, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("import" as const), users: fc.array(userId, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("edit" as const), users: fc.array(userId, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant("expire" as const), users: fc.constant([]) }),
  fc.record({ kind: fc.constant("devices" as const), users: fc.array(userId, { maxLength: 1 }) }),
  fc.record({ kind: fc.constant("confirm" as const), users: fc.array(userId, { maxLength: 4 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T & { fails: boolean; starts: boolean } : never;
const steps = fc.array(
  // An object that has just started has read few rows.
  fc.tuple(step, fc.boolean(), fc.boolean()).map(([one, fails, starts]) => ({ ...one, fails, starts })),
  { minLength: 5, maxLength: 30 },
);

/** All join, and D1 has them: then few are in memory. */
const everybody = Array.from({ length: 9 }, (_, i) => UserId.parse(i + 1));
const SETTLED_CROWD: Step[] = (["join", "project"] as const).map((kind) => ({
  ...{ kind, users: everybody, fails: false, starts: false },
}));

/** The transaction is rolled back after all of its writes. */
class Failure extends Error {}

/** The seq of the newest message, and up to where messages have expired. */
interface Log {
  last: number;
  floor: Floor;
}

/** Does a step. */
function run(
  storage: DurableObjectStorage,
  members: Members,
  { kind, users, fails }: Step,
  { last, floor }: Log,
): Log {
  const readsNone = kind === "import" || kind === "edit";
  const rows = readsNone ? [] : users.flatMap((id) => members.find(id) ?? []);
  const active = rows.filter(({ state }) => state === "active");
  const change = (work: (tx: Transaction) => void) => {
    try {
      commit(storage, (tx) => {
        work(tx);
        // What is read of others before the end holds after a commit, and not after a rollback.
        for (const id of everybody) members.find(id);
        if (fails) throw new Failure();
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  };
  const store = (some: MemberRow[]) =>
    change((tx) => {
      for (const row of some) members.store(tx, row, (touched) => last + touched);
    });
  switch (kind) {
    case "join":
      store(
        [...new Set(users)].map((id) =>
          withNewVersion(members.find(id) ?? blankRow(id), { state: "active", visible_until: null }),
        ),
      );
      break;
    case "leave":
      store(
        [...new Set(active)].map((row) =>
          withNewVersion(row, { state: "left", visible_until: Position.parse(last) }),
        ),
      );
      break;
    case "touch":
      change((tx) => {
        for (const row of active) members.touch(tx, row);
      });
      break;
    case "send": {
      const moved = new Map(
        active.map(({ user_id }) => [user_id, { seq: Position.parse(last + 1), n: last + 1, at: 1 }]),
      );
      // Every 64th seq the positions of all senders are stored.
      const to = last + 32;
      change((tx) => members.moveSenders(tx, moved, { from: Position.parse(last), to }));
      return { floor, last: fails ? last : to };
    }
    case "mark": {
      const mark = { unread_from: Seq.parse(last + 1), unread_n: 1, unread_read_seq: Position.parse(last) };
      for (const row of active) members.storeOwnFields(row, mark, [row]);
      break;
    }
    case "import": {
      const to = last + 3;
      change((tx) => {
        members.readAll(tx, users.slice(0, 2), { seq: Position.parse(to), n: to });
        members.countRead(tx, users.slice(2), 3);
      });
      return { floor, last: fails ? last : to };
    }
    case "edit":
      change((tx) => members.previewChanged(tx, Seq.parse(Math.max(1, last)), last + 1, users));
      break;
    case "expire": {
      const raised = { seq: Position.parse(last), n: last };
      change((tx) => members.raiseFloor(tx, raised, last));
      return { last, floor: fails ? floor : raised };
    }
    case "read":
      for (const row of active)
        members.storeOwnFields(row, { read_seq: Position.parse(last), read_at: 2 }, [row]);
      break;
    case "devices":
      for (const id of users) members.setDevices(id, !fails);
      break;
    case "confirm":
      for (const row of rows) members.confirmed(row.user_id, Number.MAX_SAFE_INTEGER);
      break;
    case "project":
      members.projected(rows.map(({ user_id, version }) => ({ userId: user_id, version })));
  }
  return { last, floor };
}

/** What members say of all. A position that follows a user's own message is in the log, and not here. */
function described(members: Members) {
  return {
    all: everybody.map((id) => members.find(id)),
    active: everybody.filter((id) => members.isActive(id)),
    settled: everybody.filter((id) => members.isSettled(id)),
    count: members.activeCount,
    ids: members.ids().sort(),
    inOrder: members.inOrder({ limit: 100 }).map(({ user_id }) => user_id),
    unprojected: [...members.unprojected()].map(({ user_id }) => user_id).sort(),
    touched: members.storedTouched,
  };
}

test("memory has of members what SQLite has, after each commit and each rollback", async () => {
  await fc.assert(
    fc.asyncProperty(steps, (all) =>
      inIsolatedObject("group", async (storage) => {
        let members = new Members(storage.sql, false, NO_FLOOR, LARGE);
        let log: Log = { last: 0, floor: NO_FLOOR };
        let hasSent = false;
        for (const one of [...SETTLED_CROWD, ...all]) {
          if (one.starts) members = new Members(storage.sql, false, log.floor, LARGE);
          const held = members.find(UserId.parse(1));
          log = run(storage, members, one, log);
          hasSent ||= one.kind === "send";
          const found = described(members);
          const anew = described(new Members(storage.sql, false, log.floor, LARGE));
          const shown = hasSent ? unsent : (rows: (MemberRow | undefined)[]) => rows;
          expect({ ...found, all: shown(found.all) }).toEqual({ ...anew, all: shown(anew.all) });
          const unsettled = [...members.unsettled()].map(standing).sort(byId);
          const ids = unsettled.map(({ user_id }) => user_id);
          for (const users of ["all" as const, ids])
            expect([...members.standing(users)].map(standing).sort(byId)).toEqual(unsettled);
          if (held) expect(members.find(held.user_id)).toBe(held);
        }
      }),
    ),
    runOptions(20, 200),
  );
});

function standing({ user_id, state, touched, left_ver, devices }: Standing): Standing {
  return { user_id, state, touched, left_ver, devices };
}

function byId(a: Standing, b: Standing): number {
  return a.user_id - b.user_id;
}

function unsent(rows: (MemberRow | undefined)[]) {
  return rows.map((row) => row && { ...row, read_seq: 0, read_n: 0, read_at: 0 });
}
