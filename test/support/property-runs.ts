import { env } from "cloudflare:workers";
import type fc from "fast-check";

/**
 * How often a property is tried: `few`, or as the command line says. A failure names its seed:
 * `PROPERTY_SEED=… PROPERTY_RUNS=… npx vitest run test/properties` tells the same story again.
 */
export function runs(few: number): fc.Parameters<unknown> & { numRuns: number } {
  return {
    numRuns: Number(env.PROPERTY_RUNS || few),
    ...(env.PROPERTY_SEED !== "" && { seed: Number(env.PROPERTY_SEED) }),
  };
}
