import { describe } from "vitest";
import { CONVERSATION_JOBS } from "./jobs/conversation-jobs.ts";
import { countJob, type Job } from "./jobs/counted-job.ts";
import { CALLS, INBOX_JOBS } from "./jobs/inbox-jobs.ts";
import { type LargeGroup, largeGroups, QUIET } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { playRows, worldsOf } from "./rows.ts";

describe("conversations", () => {
  playRows<LargeGroup, [Job]>(
    "Jobs of conversations",
    CONVERSATION_JOBS,
    largeGroups(),
    (group, kind, [job]) => countJob(() => group.stub, kind, job),
  );
});

describe("inboxes", () => {
  const inboxes = worldsOf((size) => LargeInbox.make(size, CALLS), { ...QUIET, jobs: { maxCalls: CALLS } });

  playRows<LargeInbox, [Job]>("Jobs of inboxes", INBOX_JOBS, inboxes, (inbox, kind, [job]) =>
    countJob(() => inbox.stub, kind, job),
  );
});
