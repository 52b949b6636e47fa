import { beforeAll } from "vitest";
import { INBOX_ROWS } from "./inbox.ts";
import { QUIET } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { playRows, worldsOf } from "./rows.ts";

// A repair calls as many conversations as an event may call objects: here a few.
const inboxes = worldsOf((size) => LargeInbox.make(size), { ...QUIET, jobs: { maxCalls: 20 } });

beforeAll(async () => {
  for (const { counted } of inboxes) await counted.call("notificationBox", []);
});

playRows<LargeInbox, unknown[]>("Inboxes", INBOX_ROWS, inboxes, ({ counted }, name, input) =>
  counted.call(name, input),
);
