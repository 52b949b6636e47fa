import { SharedRules } from "../../src/domain/moderation/rules/shared.ts";
import { createWorker } from "../../src/worker.ts";
import { timing } from "./timing.ts";

/** The rules that the Worker's objects share. */
export const rules = new SharedRules();

/** The Worker under test. Tests that need other bindings call its `app`. */
export const { app, handlers, Conversation, Relay, Archive, Inbox, Hook } = createWorker(timing, rules);
