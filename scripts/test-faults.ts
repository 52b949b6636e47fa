/**
 * Puts faults into the product on purpose, one at a time, and says which test catches each.
 *
 *     npm run test:faults                              each fault, before `npm test`
 *     npm run test:faults -- --run quick               before `npm run test:quick`; all: `npm run test:all`
 *     npm run test:faults -- --alone                   before the test file alone that the list names
 *     npm run test:faults -- "read position" client    the faults whose name or area has one of these words
 *     npm run test:faults -- --list                    the faults as a table in Markdown
 *     npm run test:faults -- --check                   whether the list fits the code
 *
 * The faults go into a tree of the last commit in a temporary folder. The file that is expected to fail is
 * played first, if the run has it; if it passes, the whole run is, up to its first failure. Exits with 1 if a
 * fault is missed. The list is in scripts/test-faults/.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { isIn, RUNS, type Run, runOf } from "../test/runs.ts";
import { ROOT } from "./support/wrangler.ts";
import { type Fault, flawsOf } from "./test-faults/fault.ts";
import { FAULTS } from "./test-faults/list.ts";
import { type Outcome, play } from "./test-faults/play.ts";
import { WorkTree } from "./test-faults/work-tree.ts";

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    run: { type: "string", default: "test" },
    alone: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    workers: { type: "string" },
  },
});

const RUN = z.enum(RUNS).parse(values.run);

/** The first run that plays a test file. */
function firstRunOf(path: string): Run {
  return runOf(path) ?? "all";
}

function isAsked({ name, area }: Fault): boolean {
  return words.length === 0 || words.some((word) => name.includes(word) || area.includes(word));
}

/** The faults as a table in Markdown, with the first run that catches each. */
function table(faults: readonly Fault[]): string {
  const rows = faults.map(({ name, area, caughtBy }) => [
    area,
    name,
    `\`${caughtBy}\``,
    firstRunOf(caughtBy),
  ]);
  return [["area", "fault", "caught by", "run"], ["---", "---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Plays what may catch a fault: the file that is named, then the whole run. */
async function outcomeOf(tree: WorkTree, { caughtBy }: Fault): Promise<Outcome> {
  const { workers } = values;
  if (values.alone) return play(tree.folder, RUN, { files: [caughtBy], workers });
  if (!isIn(RUN, caughtBy)) return play(tree.folder, RUN, { workers });
  const first = await play(tree.folder, RUN, { files: [caughtBy], workers });
  if (!first.isGreen) return first;
  const whole = await play(tree.folder, RUN, { workers });
  return { ...whole, seconds: first.seconds + whole.seconds };
}

/** Whether the named files pass as the code is: otherwise a failure would say nothing. */
async function passesWithout(tree: WorkTree, faults: readonly Fault[]): Promise<boolean> {
  const named = [...new Set(faults.map(({ caughtBy }) => caughtBy))];
  const files = named.filter((path) => values.alone || isIn(RUN, path));
  if (files.length === 0) return true;
  const { isGreen, failure, seconds } = await play(tree.folder, RUN, { files, workers: values.workers });
  const verdict = isGreen ? "pass" : `FAIL (${failure?.file ?? "no report"}: ${failure?.test})`;
  console.log(`without a fault ${files.length} test files ${verdict}, ${seconds.toFixed(0)} s`);
  return isGreen;
}

/** The number of faults that each run catches first, and of those that are missed. */
function summary(caught: readonly (Run | undefined)[]): string {
  const count = (run: Run | undefined) => caught.filter((one) => one === run).length;
  const parts = RUNS.map((run) => `${count(run)} by a file of ${run}`);
  const found = caught.length - count(undefined);
  return `${found} of ${caught.length} faults caught: ${parts.join(", ")}; ${count(undefined)} missed`;
}

async function playFaults(faults: readonly Fault[]): Promise<void> {
  using tree = new WorkTree(ROOT);
  if (!(await passesWithout(tree, faults))) {
    process.exitCode = 1;
    return;
  }
  const caught: (Run | undefined)[] = [];
  for (const fault of faults) {
    using _ = tree.put(fault);
    const { isGreen, failure, seconds } = await outcomeOf(tree, fault);
    const run = failure ? firstRunOf(failure.file) : RUN;
    caught.push(isGreen ? undefined : run);
    const by = failure ? `${failure.file}: ${failure.test || "the file itself"}` : "a run without tests";
    const verdict = isGreen ? "MISSED" : `caught in ${run} by ${by}`;
    console.log(`${fault.name}: ${verdict}, ${seconds.toFixed(0)} s`);
  }
  console.log(summary(caught));
  if (caught.includes(undefined)) process.exitCode = 1;
}

const asked = FAULTS.filter(isAsked);
const flaws = flawsOf(FAULTS, ROOT);
for (const flaw of flaws) console.error(flaw);
if (flaws.length > 0) process.exitCode = 1;
else if (values.list) console.log(table(asked));
else if (!values.check) await playFaults(asked);
