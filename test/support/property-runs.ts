import type fc from "fast-check";
import { inject } from "vitest";
import { repetitions } from "./sampled-cases.ts";

/**
 * The options of a property: it runs `few` times, with `EVERY_CASE` twice as often, or as often as
 * `PROPERTY_RUNS` says. The commit determines the stories, so each run of one commit plays the same ones. The
 * first failure ends the test and prints its seed.
 * `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/properties` plays the same stories and shrinks the one
 * that fails, which may take longer than a test's timeout.
 */
export function runOptions(few: number): fc.Parameters<unknown> & { numRuns: number; seed: number } {
  return {
    ...{ numRuns: Number(inject("propertyRuns") || repetitions(few, 2 * few)), seed: inject("seed") },
    endOnFailure: !inject("isSeedGiven"),
  };
}
