import { beforeAll, describe, test } from "vitest";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { CONVERSATION_JOBS } from "./jobs/conversation-jobs.ts";
import { countJob } from "./jobs/counted-job.ts";
import { CALLS, INBOX_JOBS } from "./jobs/inbox-jobs.ts";
import { LargeGroup, QUIET, withoutInboxes } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { expectRow } from "./rows.ts";

/** The messages of each part of the log of a group, and the conversations of a user. */
const SIZES = [300, 1_200];

describe("conversations", () => {
  const groups: LargeGroup[] = [];

  beforeAll(async () => {
    const restoreLimits = setNoRateLimits();
    for (const size of SIZES) groups.push(await LargeGroup.make(size));
    const restore = setTiming(QUIET);
    const inboxes = withoutInboxes(groups);
    return () => {
      inboxes[Symbol.dispose]();
      restore();
      restoreLimits();
    };
  });

  test.for(Object.entries(CONVERSATION_JOBS))("%s", ([kind, row]) =>
    expectRow(
      row,
      row.cases.map((input) => (group: LargeGroup) => countJob(() => group.stub, kind, ...input(group))),
      groups,
    ),
  );
});

describe("inboxes", () => {
  const inboxes: LargeInbox[] = [];

  beforeAll(async () => {
    const restoreLimits = setNoRateLimits();
    for (const size of SIZES) inboxes.push(await LargeInbox.make(size, CALLS));
    const restore = setTiming({ ...QUIET, jobs: { maxCalls: CALLS } });
    return () => {
      restore();
      restoreLimits();
    };
  });

  test.for(Object.entries(INBOX_JOBS))("%s", ([kind, row]) =>
    expectRow(
      row,
      row.cases.map((input) => (inbox: LargeInbox) => countJob(() => inbox.stub, kind, ...input(inbox))),
      inboxes,
    ),
  );
});
