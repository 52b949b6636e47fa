import fc from "fast-check";
import { beforeAll, test } from "vitest";
import { runOptions } from "../support/property-runs.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";
import { play, TIMING_OF_STORIES } from "./devices/play.ts";
import { WIDE, wideStory } from "./devices/steps.ts";

// The users of a long run ask for more pages than are allowed in a minute.
beforeAll(setNoRateLimits);
beforeAll(() => setTiming(TIMING_OF_STORIES));

const FEW = runOptions(1);
/** Half a minute on a quiet machine. */
const STORY_MS = 300_000;

test("devices that sync up to 60 conversations at once show each message once, as HTTP returns it", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(wideStory, (played) => play(played, WIDE));
  await fc.assert(property, { ...FEW, timeout: STORY_MS, endOnFailure: true });
});
