import type fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** how often a property is tried; "": as the test says */
    propertyRuns: string;
    /** the seed of the first run; "": at random */
    propertySeed: string;
    /** from which the steps that break are sampled: `PROPERTY_SEED`, or a number of the commit */
    stepSeed: number;
  }
}

/**
 * How often a property is tried: `few`, or as the command line says. The first failure ends the test and names its seed:
 * `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/properties` tells the same story again, and looks for a shorter
 * one that fails. That can take longer than a test may.
 */
export function runs(few: number): fc.Parameters<unknown> & { numRuns: number } {
  const seed = inject("propertySeed");
  return {
    numRuns: Number(inject("propertyRuns") || few),
    ...(seed === "" ? { endOnFailure: true } : { seed: Number(seed) }),
  };
}
