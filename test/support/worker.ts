import * as made from "./app.ts";

/** The entry point of the Worker under test (vitest.config.mts): `src/index.ts` with the timing of tests. */
export class Conversation extends made.Conversation {}

export class Inbox extends made.Inbox {}

export class Hook extends made.Hook {}

export default made.handlers;
