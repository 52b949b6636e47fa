import type fc from "fast-check";
import { inject } from "vitest";
import { perRun, repetitions } from "./sampled-cases.ts";

/**
 * The options of a property: it runs `few` times in `npm test` and `more` times in `npm run test:all`, with
 * `EVERY_CASE` twice as often, or as often as `PROPERTY_RUNS` says. The commit determines the stories, so
 * each run of one commit plays the same ones. The first failure ends the test and prints its seed.
 * `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/properties` plays the same stories and shrinks the one
 * that fails, which may take longer than a test's timeout.
 */
export function runOptions(
  few: number,
  more = few,
): fc.Parameters<unknown> & { numRuns: number; seed: number } {
  const runs = perRun(few, more);
  return {
    ...{ numRuns: Number(inject("propertyRuns") || repetitions(runs, 2 * more)), seed: inject("seed") },
    endOnFailure: !inject("isSeedGiven"),
  };
}
