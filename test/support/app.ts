import { createWorker } from "../../src/worker.ts";
import { timing } from "./timing.ts";

/** The Worker under test; tests which need bindings of their own call its `app`. */
export const { app, handlers, Conversation, Inbox } = createWorker(timing);
