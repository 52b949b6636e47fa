import { TIMING } from "../../src/domain/timing.ts";
import { createWorker } from "../../src/worker.ts";

/**
 * A Worker for tests that start servers: `src/index.ts`, but a password costs it no quarter of a second,
 * all tests may register users at once, from their one address, and a hook that fails is tried again after
 * half a second in place of five.
 */
const worker = createWorker({
  ...TIMING,
  passwordHash: { N: 2, r: 1, p: 1 },
  hashing: { ...TIMING.hashing, pauseMs: 1, maxWaiting: 1_000, maxOfClient: 1_000, waitMs: 20_000 },
  hooks: { ...TIMING.hooks, retryUnitMs: 100 },
});

export class Conversation extends worker.Conversation {}

export class Relay extends worker.Relay {}

export class Archive extends worker.Archive {}

export class Inbox extends worker.Inbox {}

export class Hook extends worker.Hook {}

export default worker.handlers;
