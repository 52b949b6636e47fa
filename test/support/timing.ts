import { onTestFinished } from "vitest";
import { TIMING, type Timing } from "../../src/domain/timing.ts";

type Mutable = { -readonly [Group in keyof Timing]: { -readonly [Name in keyof Timing[Group]]: number } };
type Changes = { readonly [Group in keyof Timing]?: Partial<Timing[Group]> };

/** What an answer goes without rather than wait for it: a test would fail where the machine is slow, in ms. */
const PATIENCE_MS = 20_000;

/**
 * The timing of the Worker under test, and of the parts which tests make themselves: the product's, but hashing a
 * password costs next to nothing, and no answer goes without what is late. A test of lateness hands in its own.
 * Tests and objects share one isolate, so a change holds at once.
 */
export const timing: Mutable = {
  ...structuredClone(TIMING),
  passwordHash: { N: 2, r: 1, p: 1 },
  list: { snapshotTimeoutMs: PATIENCE_MS },
  recent: { ...TIMING.recent, listMs: PATIENCE_MS, subscribeMs: 2 * PATIENCE_MS },
  profileCache: { ...TIMING.profileCache, timeoutMs: PATIENCE_MS },
  contextCache: { ...TIMING.contextCache, timeoutMs: PATIENCE_MS },
  subscription: { ...TIMING.subscription, callTimeoutMs: PATIENCE_MS },
  outbox: { ...TIMING.outbox, answerTimeoutMs: PATIENCE_MS },
};

/** Changes some values until the test is over: `handIn({ presence: { graceMs: 10 } })`. */
export function handIn(changes: Changes): void {
  onTestFinished(setTiming(changes));
}

/**
 * Changes some values for a whole file, as `beforeAll(() => setTiming({ presence: { graceMs: 10 } }))`.
 * @returns puts back what was there: `beforeAll` calls it in the end
 */
export function setTiming(changes: Changes): () => void {
  const before = structuredClone(timing);
  merge(changes);
  return () => merge(before);
}

function merge(changes: Changes): void {
  // Objects hold on to their groups: the values change inside of them.
  for (const [group, values] of Object.entries(changes)) Object.assign(Reflect.get(timing, group), values);
}
