import { beforeAll, test } from "vitest";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { INBOX_ROWS } from "./inbox.ts";
import { QUIET } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { expectRow } from "./rows.ts";

/** The conversations of the user. */
const SIZES = [300, 1_200];
const inboxes: LargeInbox[] = [];

beforeAll(async () => {
  const restoreLimits = setNoRateLimits();
  for (const size of SIZES) inboxes.push(await LargeInbox.make(size));
  // A repair calls as many conversations as an event may call objects: here a few.
  const restore = setTiming({ ...QUIET, jobs: { maxCalls: 20 } });
  for (const { counted } of inboxes) await counted.call("notificationBox");
  return () => {
    restore();
    restoreLimits();
  };
});

test.for(Object.entries(INBOX_ROWS))("%s", ([name, row]) =>
  expectRow(
    row,
    row.cases.map((input) => (inbox: LargeInbox) => inbox.counted.call(name, ...input(inbox))),
    inboxes,
  ),
);
