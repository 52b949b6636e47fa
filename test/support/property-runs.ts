import type fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** how often a property runs; "": as the test says */
    propertyRuns: string;
    /** the seed of the first run; "": random */
    propertySeed: string;
    /** the seed for the sample of steps with faults: `PROPERTY_SEED`, or a number of the commit */
    stepSeed: number;
  }
}

/**
 * The options of a property: it runs `few` times, or as often as `PROPERTY_RUNS` says. The first failure ends
 * the test and prints its seed. `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/properties` repeats the
 * same story and shrinks it, which may take longer than a test's timeout.
 */
export function runOptions(few: number): fc.Parameters<unknown> & { numRuns: number } {
  const seed = inject("propertySeed");
  return {
    numRuns: Number(inject("propertyRuns") || few),
    ...(seed === "" ? { endOnFailure: true } : { seed: Number(seed) }),
  };
}
