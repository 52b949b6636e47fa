import { createWorker } from "../../src/worker.ts";
import { timing } from "./timing.ts";

/** The Worker under test. Tests that need other bindings call its `app`. */
export const { app, handlers, Conversation, Inbox, Hook } = createWorker(timing);
