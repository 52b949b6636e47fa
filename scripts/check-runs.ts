/**
 * Part of `npm run check`: each test file is in a run, and each row of the table of runs decides about one.
 */
import { flawsOfRuns } from "../test/runs.ts";

const flaws = flawsOfRuns();
for (const flaw of flaws) console.error(flaw);
process.exitCode = flaws.length > 0 ? 1 : 0;
