import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import type { Run } from "../../test/runs.ts";

/** The limit of a run, in ms: what does not end is a failure. */
const RUN_MS = 45 * 60_000;

/** One failure is enough, and a run without a file has none. */
const HOW = ["--bail=1", "--passWithNoTests"];

const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** A test that has failed. `test` is empty for a file that did not come to its tests. */
interface Failure {
  file: string;
  test: string;
}

/** How tests have ended. */
export interface Outcome {
  isGreen: boolean;
  /** the first test that has failed; undefined: none did, or the run did not come to its tests */
  failure: Failure | undefined;
  seconds: number;
}

/**
 * Plays test files in a tree, up to the first failure.
 * @param run whose share of each table of cases is tried
 * @param files absent: all that the run has
 */
export async function play(
  folder: string,
  run: Run,
  { files = [], workers }: { files?: readonly string[]; workers?: string | undefined },
): Promise<Outcome> {
  const report = join(folder, "../report.json");
  rmSync(report, { force: true });
  const mode = run === "test" ? [] : ["--mode", run];
  const reporters = ["--reporter=json", `--outputFile.json=${report}`];
  const atOnce = workers === undefined ? [] : [`--maxWorkers=${workers}`];
  const begin = performance.now();
  const child = spawn("npx", ["vitest", "run", ...mode, ...HOW, ...reporters, ...atOnce, ...files], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, CI: "true" },
    timeout: RUN_MS,
  });
  const end = () => child.kill();
  process.once("exit", end);
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  process.off("exit", end);
  const seconds = (performance.now() - begin) / 1_000;
  return { isGreen: exitCode === 0, failure: failureIn(report, folder), seconds };
}

function failureIn(report: string, folder: string): Failure | undefined {
  for (const { name, status, assertionResults } of resultsIn(report)) {
    const file = isAbsolute(name) ? relative(folder, name) : name;
    const failed = assertionResults.find((one) => one.status === "failed");
    if (failed) return { file, test: failed.fullName };
    if (status === "failed" && assertionResults.length === 0) return { file, test: "" };
  }
  return undefined;
}

/** The results of a report; none where Vitest did not come to write one. */
function resultsIn(report: string): z.infer<typeof Report>["testResults"] {
  try {
    return Report.parse(JSON.parse(readFileSync(report, "utf8"))).testResults;
  } catch {
    return [];
  }
}
