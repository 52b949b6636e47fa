import { TIMING } from "../../src/domain/timing.ts";
import { createWorker } from "../../src/worker.ts";

/** A Worker for tests that start servers: `src/index.ts`, but a password costs it no quarter of a second. */
const worker = createWorker({ ...TIMING, passwordHash: { N: 2, r: 1, p: 1 } });

export class Conversation extends worker.Conversation {}

export class Inbox extends worker.Inbox {}

export default worker.handlers;
