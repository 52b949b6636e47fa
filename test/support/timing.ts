import { TIMING, type Timing } from "../../src/domain/timing.ts";
import { undoAtEnd } from "./shared/undo.ts";

type Mutable = { -readonly [Group in keyof Timing]: { -readonly [Name in keyof Timing[Group]]: number } };
export type Changes = { readonly [Group in keyof Timing]?: Partial<Timing[Group]> };

/**
 * The timeout after which an answer goes without late data, in ms. The product's would make tests fail on
 * slow machines.
 */
const PATIENCE_MS = 20_000;

const ofTests = (): Mutable => ({
  ...structuredClone(TIMING),
  // An object with an open channel, or a pending timer, is not evicted.
  callChannels: { ...TIMING.callChannels, idleMs: 10 },
  fanout: { ...TIMING.fanout, cooldownMs: 500, checkpointMs: 10 },
  passwordHash: { N: 2, r: 1, p: 1 },
  // Timers of the runtime stand still while a test calls without a break.
  hashing: { ...TIMING.hashing, pauseMs: 1, yieldMs: 0, pollMs: 1, maxWaiting: 1_000, waitMs: PATIENCE_MS },
  list: { ...TIMING.list, snapshotTimeoutMs: PATIENCE_MS, writeBehindMs: 10 },
  recent: { ...TIMING.recent, listMs: PATIENCE_MS, subscribeMs: 2 * PATIENCE_MS },
  profileCache: { ...TIMING.profileCache, timeoutMs: PATIENCE_MS },
  profileAnnouncement: {
    ...TIMING.profileAnnouncement,
    answerTimeoutMs: PATIENCE_MS,
    callTimeoutMs: PATIENCE_MS,
  },
  acrossConversations: {
    ...TIMING.acrossConversations,
    callTimeoutMs: PATIENCE_MS,
    budgetMs: PATIENCE_MS,
  },
  indexing: { ...TIMING.indexing, purgeEveryMs: 0 },
  contextCache: { ...TIMING.contextCache, timeoutMs: PATIENCE_MS },
  outbox: { ...TIMING.outbox, answerTimeoutMs: PATIENCE_MS },
  hooks: { ...TIMING.hooks, retryUnitMs: 1 },
  keySets: { ...TIMING.keySets, timeoutMs: PATIENCE_MS },
  thumbnails: { ...TIMING.thumbnails, waitMs: PATIENCE_MS },
  spaces: { ...TIMING.spaces, timeoutMs: PATIENCE_MS },
  // A test of rules has them read for each message.
  rules: { ...TIMING.rules, keepMs: Infinity, staleMs: Infinity },
});

/**
 * The timing of the Worker under test and of parts that tests build: the product's, except that password
 * hashes are cheap, cooldowns are short, and answers wait for late data. A test of lateness overrides it.
 * Tests and objects share one isolate, so a change takes effect at once.
 */
export const timing = ofTests();

/** Overrides some values until the test ends: `overrideTiming({ presence: { graceMs: 10 } })`. */
export function overrideTiming(changes: Changes): void {
  setTiming(changes);
}

/**
 * Overrides some values until the test ends, or in a hook for the rest of the file:
 * `beforeAll(() => setTiming({ presence: { graceMs: 10 } }))`.
 * @returns restores the values earlier
 */
export function setTiming(changes: Changes): () => void {
  const before = structuredClone(timing);
  merge(changes);
  return undoAtEnd(() => merge(before));
}

let idleMs = 0;
let withoutChannels = 0;

/**
 * Makes all calls go without channels until the returned object is disposed: a test that wraps stubs sees
 * each call then.
 */
export function withoutCallChannels(): Disposable {
  const { callChannels } = timing;
  if (withoutChannels++ === 0) [idleMs, callChannels.idleMs] = [callChannels.idleMs, 0];
  let isOver = false;
  return {
    [Symbol.dispose]() {
      if (isOver) return;
      isOver = true;
      if (--withoutChannels === 0) callChannels.idleMs = idleMs;
    },
  };
}

function merge(changes: Changes): void {
  // Objects keep references to the groups, so the values change in place.
  for (const [group, values] of Object.entries(changes)) Object.assign(Reflect.get(timing, group), values);
}
