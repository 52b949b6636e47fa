import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";

/**
 * Repeats `npm test` under hard conditions: beside processes that keep the cores busy, and, if asked for,
 * with each Workers runtime stopped (SIGSTOP) at random and continued later.
 *
 *     npm run test:stress                          ten runs beside two busy loops
 *     npm run test:stress -- --runs 4 --busy 0 --stalls on -- test/faults
 *
 * Prints a line for each run, and the name of each failed test. Exits with 1 if any failed. A run that has
 * not ended after half an hour counts as failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "10" },
    busy: { type: "string", default: "2" },
    stalls: { type: "string", default: "off" },
  },
});
const RUNS = Number(values.runs);
const BUSY = Number(values.busy);
const STALLS = values.stalls === "on";

/** How long a runtime runs between two stalls, and how long a stall lasts, in ms. */
const RUNNING_MS = { least: 500, most: 6_000 };
const STOPPED_MS = { least: 50, most: 1_500 };
/** The limit of a run, in ms: six times its duration on an idle machine. */
const RUN_MS = 30 * 60_000;

const Report = z.object({
  numPassedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

interface Outcome {
  passed: number;
  failed: string[];
  seconds: number;
  exitCode: number | null;
}

const folder = mkdtempSync(join(tmpdir(), "parley-stress-"));

/** One whole run. */
async function suite(number: number): Promise<Outcome> {
  const report = join(folder, `${number}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const begin = performance.now();
  const child = spawn("npx", ["vitest", "run", ...reporters, ...positionals], {
    stdio: "ignore",
    env: { ...process.env, CI: "true" },
    timeout: RUN_MS,
  });
  const stalls = STALLS ? stall(child) : undefined;
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  stalls?.[Symbol.dispose]();
  const seconds = (performance.now() - begin) / 1_000;
  return { ...read(report), seconds, exitCode };
}

function read(report: string): Pick<Outcome, "passed" | "failed"> {
  try {
    const { numPassedTests, testResults } = Report.parse(JSON.parse(readFileSync(report, "utf8")));
    const failed = testResults.flatMap(({ name, status, message, assertionResults }) => {
      const tests = assertionResults.filter((one) => one.status === "failed");
      if (tests.length > 0) return tests.map(({ fullName }) => `${short(name)}: ${fullName}`);
      return status === "failed" ? [`${short(name)}: ${message ?? "the file itself"}`] : [];
    });
    return { passed: numPassedTests, failed };
  } catch (error) {
    return { passed: 0, failed: [`no report: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

function short(path: string): string {
  return path.slice(path.lastIndexOf("/test/") + 1);
}

/** Stalls a random runtime of the run, again and again, until it is disposed of. */
function stall(child: ChildProcess): Disposable {
  let timer = setTimeout(stop, between(RUNNING_MS));
  let stopped: number | undefined;
  function stop() {
    const runtimes = runtimesOf(child.pid);
    stopped = runtimes[Math.floor(Math.random() * runtimes.length)];
    signal(stopped, "SIGSTOP");
    timer = setTimeout(goOn, between(STOPPED_MS));
  }
  function goOn() {
    signal(stopped, "SIGCONT");
    timer = setTimeout(stop, between(RUNNING_MS));
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal(stopped, "SIGCONT");
    },
  };
}

function between({ least, most }: { least: number; most: number }): number {
  return least + Math.random() * (most - least);
}

function signal(pid: number | undefined, name: "SIGSTOP" | "SIGCONT"): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // The runtime has ended meanwhile.
  }
}

/** The workerd processes below another process. */
function runtimesOf(ancestor: number | undefined): number[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null)
    .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command }));
  const below = new Set([ancestor]);
  // A parent may be listed after its child.
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parent } of rows) if (below.has(parent)) below.add(pid);
  }
  return rows
    .filter(({ pid, command }) => below.has(pid) && command?.includes("workerd"))
    .map(({ pid }) => pid);
}

/** A process that never waits: it takes what the operating system gives it of a core. */
function busyLoop(): Disposable {
  const loop = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  process.once("exit", () => loop.kill());
  return { [Symbol.dispose]: () => void loop.kill() };
}

let failures = 0;
{
  using loops = new DisposableStack();
  for (let i = 0; i < BUSY; i++) loops.use(busyLoop());
  for (let number = 1; number <= RUNS; number++) {
    const { passed, failed, seconds, exitCode } = await suite(number);
    const isGood = exitCode === 0 && failed.length === 0;
    if (!isGood) failures++;
    const verdict = isGood ? "green" : `RED (exit ${exitCode})`;
    console.log(
      `run ${number}: ${verdict}, ${passed} passed, ${failed.length} failed, ${seconds.toFixed(0)} s`,
    );
    for (const name of failed) console.log(`  ${name}`);
  }
}
const how = `${BUSY} busy loops, stalls ${values.stalls}`;
console.log(`${RUNS - failures} of ${RUNS} runs green (${how}); reports in ${folder}`);
process.exitCode = failures === 0 ? 0 : 1;
