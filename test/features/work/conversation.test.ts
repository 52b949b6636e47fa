import { beforeAll, test } from "vitest";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { CONVERSATION_ROWS } from "./conversation.ts";
import { LargeGroup, QUIET, withoutInboxes } from "./large-group.ts";
import { expectRow } from "./rows.ts";

/** The messages of each part of the log. */
const SIZES = [300, 1_200];
const groups: LargeGroup[] = [];

beforeAll(async () => {
  const restoreLimits = setNoRateLimits();
  for (const size of SIZES) groups.push(await LargeGroup.make(size));
  const restore = setTiming(QUIET);
  const inboxes = withoutInboxes(groups);
  // The first call takes the profiles of all members from D1.
  for (const { counted, owner: userId } of groups) await counted.call("page", { userId, limit: 1 });
  return () => {
    inboxes[Symbol.dispose]();
    restore();
    restoreLimits();
  };
});

test.for(Object.entries(CONVERSATION_ROWS))("%s", ([name, row]) =>
  expectRow(
    row,
    row.cases.map((input) => (group: LargeGroup) => group.counted.call(name, ...input(group))),
    groups,
  ),
);
