import { TIMING } from "../../src/domain/timing.ts";
import { createWorker } from "../../src/worker.ts";

/**
 * A Worker for tests that start servers: `src/index.ts`, but a password costs it no quarter of a second,
 * and a hook that fails is tried again after half a second in place of five.
 */
const worker = createWorker({
  ...TIMING,
  passwordHash: { N: 2, r: 1, p: 1 },
  hooks: { ...TIMING.hooks, retryUnitMs: 100 },
});

export class Conversation extends worker.Conversation {}

export class Inbox extends worker.Inbox {}

export class Hook extends worker.Hook {}

export default worker.handlers;
