import { TIMING } from "./domain/timing.ts";
import { createWorker } from "./worker.ts";

const worker = createWorker(TIMING);

/** The Durable Object of one conversation: message order, members, read positions, room sockets. */
export class Conversation extends worker.Conversation {}

/** The Durable Object of some room sockets of a crowd. */
export class Relay extends worker.Relay {}

/** The Durable Object of old bodies of one conversation. */
export class Archive extends worker.Archive {}

/** The Durable Object of one user: session gate, device sockets, list of conversations, notifications. */
export class Inbox extends worker.Inbox {}

/** The Durable Object of one hook: which conversations were told of it. */
export class Hook extends worker.Hook {}

export default worker.handlers;

/** The same for `npm start`, which knows by itself which requests are for files of the page. */
export const withoutPage = worker.handlers;
