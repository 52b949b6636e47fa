import { TIMING } from "./domain/timing.ts";
import { createWorker } from "./worker.ts";

const worker = createWorker(TIMING);

/** One conversation: its order, members, read positions and sockets. */
export class Conversation extends worker.Conversation {}

/** One user: the gate of their sockets, their list of conversations. */
export class Inbox extends worker.Inbox {}

export default worker.handlers;
