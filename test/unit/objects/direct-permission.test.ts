import { expect, test } from "vitest";
import { DirectPermission } from "../../../src/conversation/sending/direct-permission.ts";
import { ConversationState } from "../../../src/conversation/state/conversation-state.ts";
import { commit } from "../../../src/conversation/state/transaction.ts";
import type { DirectPermissionState } from "../../../src/domain/conversations/conversation.ts";
import { Errors } from "../../support/errors.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { ANN, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

const NONE: DirectPermissionState = { blocked: false, friends: false, friendsOnly: false };

/** A stand-in for D1, whose reads answer when the test lets them. */
class Directory {
  readonly looks: { answer: (permission: DirectPermissionState | null) => void; fail: () => void }[] = [];
  begun = 0;

  readonly read = (): Promise<DirectPermissionState | null> => {
    this.begun++;
    return new Promise((resolve, reject) => {
      this.looks.push({ answer: resolve, fail: () => reject(new Error("not reached")) });
    });
  };

  /** Answers the read that is under way. There is exactly one. */
  answer(permission: Partial<DirectPermissionState> | null): Promise<void> {
    expect(this.looks).toHaveLength(1);
    this.looks.shift()?.answer(permission && { ...NONE, ...permission });
    return turn();
  }

  fail(): Promise<void> {
    expect(this.looks).toHaveLength(1);
    this.looks.shift()?.fail();
    return turn();
  }
}

function inObject(
  work: (parts: { storage: DurableObjectStorage; directory: Directory }) => Promise<void>,
): Promise<void> {
  return inIsolatedObject("direct", (storage) => work({ storage, directory: new Directory() }));
}

function permissionIn(storage: DurableObjectStorage, directory: Directory) {
  const state = new ConversationState(storage.sql);
  const due: number[] = [];
  const told: DirectPermissionState[] = [];
  const deps = {
    read: directory.read,
    schedule: (at: number) => due.push(at),
    store: (permission: DirectPermissionState) => {
      if (commit(storage, (tx) => state.setDirectPermission(tx, permission)))
        told.push(state.directPermission);
    },
  };
  return {
    state,
    due,
    told,
    permission: new DirectPermission(storage.sql, deps, timing.directPermission),
  };
}

test("a read of D1 that began before the request does not count, and overwrites nothing", () =>
  inObject(async ({ storage, directory }) => {
    const { state, told, permission } = permissionIn(storage, directory);
    permission.announce("a");
    const early = permission.check();
    const done = settled(permission.confirm("a"));
    // One read at a time: the second begins when the first has answered.
    expect(directory.begun).toBe(1);
    await directory.answer({ blocked: false });
    expect(await early).toBeNull();
    expect([done.is, directory.begun]).toEqual([false, 2]);
    await directory.answer({ blocked: true });
    expect([done.is, state.directPermission.blocked, permission.check()]).toEqual([true, true, null]);
    expect(told).toEqual([{ ...NONE, blocked: true }]);
  }));

test("requests that arrive during a read of D1 share the next read", () =>
  inObject(async ({ storage, directory }) => {
    const { permission } = permissionIn(storage, directory);
    permission.announce("a");
    const first = permission.check();
    const others = range(1, 100).map(() => permission.check());
    await directory.answer({});
    const late = permission.check();
    await directory.answer({});
    expect(await Promise.all([first, ...others])).toEqual(range(0, 100).map(() => null));
    await directory.answer({});
    expect([await late, directory.begun]).toEqual([null, 3]);
  }));

test("a failed read refuses the sends that waited for it, and the next read starts afresh", () =>
  inObject(async ({ storage, directory }) => {
    using errors = new Errors();
    const { state, permission } = permissionIn(storage, directory);
    permission.announce("a");
    const [first, second] = [permission.check(), permission.check()];
    await directory.fail();
    await directory.answer({ blocked: true });
    expect(await first).toMatchObject({ ok: false, code: "unavailable" });
    expect(await second).toBeNull();
    expect(state.directPermission.blocked).toBe(true);
    const done = permission.confirm("a");
    const failed = expect(done).rejects.toThrow("not reached");
    await directory.fail();
    await failed;
    // A change not seen to be done stays announced.
    expect(permission.check()).not.toBeNull();
    expect(errors.logged).toHaveLength(1);
  }));

test("the number of waiting sends is bounded, and each is answered", () =>
  inObject(async ({ storage, directory }) => {
    const room = isolatedRoom(storage, directory.read);
    const results: string[] = [];
    const enter = (body = "{}") =>
      room.sends.submit(ANN, [draft(body)], {
        resolve: ({ result }) => results.push(result.ok ? "stored" : result.code),
      });
    room.directPermission.announce("a");
    for (const _ of range(1, 1_005)) enter();
    expect(results).toEqual(range(1, 5).map(() => "rate_limited"));
    await directory.answer({ blocked: false });
    await directory.answer({ blocked: false });
    await turn();
    expect(results.filter((result) => result === "stored")).toHaveLength(1_000);
    results.length = 0;
    for (const _ of range(1, 140)) enter("x".repeat(32 * 1024));
    expect(results.length).toBeGreaterThan(5);
    await directory.answer({ blocked: true });
    await directory.answer({ blocked: true });
    await turn();
    expect(results.filter((result) => result === "blocked").length).toBe(
      140 - results.filter((result) => result === "rate_limited").length,
    );
  }));

function draft(body: string) {
  return {
    ...{ clientMsgId: undefined, kind: "text" as const, body },
    ...{ quoteSeq: undefined, mentions: [], forwarded: undefined },
  };
}

/** Tracks whether a promise has resolved. */
function settled(promise: Promise<unknown>): { is: boolean } {
  const state = { is: false };
  void promise.then(() => {
    state.is = true;
  });
  return state;
}

/** Lets promises that wait for no test action go on. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await nextTurn();
}
