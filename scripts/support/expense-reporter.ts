import { dirname, relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { ROOT } from "./wrangler.ts";

/** Fewer files than these are looked at one by one. */
const LEAST_FILES = 20;
const MOST_EXPENSIVE = 10;
/** A folder with a smaller share of all seconds is counted with the others. */
const LEAST_SHARE = 0.01;

/** Says at the end of a run where its seconds went: the ten most expensive files, and the sum by folder. */
export default class ExpenseReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < LEAST_FILES) return;
    const files = modules.map((module) => ({
      path: relative(ROOT, module.moduleId),
      seconds: secondsOf(module),
      tests: [...module.children.allTests()].length,
    }));
    const total = sum(files, "seconds");
    const folders = Object.entries(Object.groupBy(files, ({ path }) => dirname(path)))
      .map(([path, inside = []]) => ({ path, seconds: sum(inside, "seconds"), tests: sum(inside, "tests") }))
      .toSorted((a, b) => b.seconds - a.seconds);
    const large = folders.filter(({ seconds }) => seconds >= LEAST_SHARE * total);
    const small = folders.slice(large.length);
    console.log(`\n${total.toFixed(0)} s of files, several at a time. The most expensive files:`);
    for (const row of files.toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST_EXPENSIVE)) print(row);
    console.log("Folders:");
    for (const row of large) print(row);
    print({
      path: `${small.length} other folders`,
      seconds: sum(small, "seconds"),
      tests: sum(small, "tests"),
    });
  }
}

interface Row {
  path: string;
  seconds: number;
  tests: number;
}

/** What a file took, with its modules and its set-up. */
function secondsOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic();
  return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1_000;
}

function sum(rows: readonly Row[], column: "seconds" | "tests"): number {
  return rows.reduce((total, row) => total + row[column], 0);
}

function print({ path, seconds, tests }: Row): void {
  console.log(`${seconds.toFixed(1).padStart(8)} s ${String(tests).padStart(6)} tests  ${path}`);
}
