import { globSync } from "node:fs";
import { join } from "node:path";

/**
 * Which run plays a test file. Each run plays what those before it play, too:
 * - `npm run test:quick`, within a minute: pure code, one story of each API, the invariants.
 * - `npm test`, within five minutes, before each landing: each rule once.
 * - `npm run test:all`, before an issue is resolved and before a release: everything.
 */
export type Run = "quick" | "test" | "all";

/**
 * The table: a folder or a file, and the first run that plays it. The longest row that fits a file decides.
 * `npm run check` fails on a test file that no row fits and on a row that fits no file. A row of `all` says
 * why `npm test` can do without it.
 */
const QUICK: readonly string[] = [];

const TEST: readonly string[] = ["packages", "test", "web/test"];

const ALL: Readonly<Record<string, string>> = {};

const ROWS: ReadonlyMap<string, Run> = new Map([
  ...QUICK.map((path): [string, Run] => [path, "quick"]),
  ...TEST.map((path): [string, Run] => [path, "test"]),
  ...Object.keys(ALL).map((path): [string, Run] => [path, "all"]),
]);

const ROOT = join(import.meta.dirname, "..");

/** The test files of the product, by their paths from its root. */
export const TEST_FILES: readonly string[] = globSync(
  ["test/**/*.test.ts", "packages/*/test/**/*.test.{ts,tsx}", "web/test/**/*.test.ts"],
  { cwd: ROOT, exclude: ["**/node_modules/**"] },
).toSorted();

/** The first run that plays a test file; `undefined` if no row fits it. */
export function runOf(path: string): Run | undefined {
  const row = rowOf(path);
  return row === undefined ? undefined : ROWS.get(row);
}

/** The test files that a run does not play. */
export function filesBeyond(run: Run): string[] {
  const played: Record<Run, readonly (Run | undefined)[]> = {
    quick: ["quick"],
    test: ["quick", "test"],
    all: ["quick", "test", "all"],
  };
  return TEST_FILES.filter((path) => !played[run].includes(runOf(path)));
}

/** What is wrong with the table, a line each. */
export function flawsOfRuns(): string[] {
  const used = new Set(TEST_FILES.map(rowOf));
  return [
    ...TEST_FILES.filter((path) => runOf(path) === undefined).map(
      (path) => `test/runs.ts: no row fits ${path}, so that no run plays it`,
    ),
    ...[...ROWS.keys()]
      .filter((row) => !used.has(row))
      .map((row) => `test/runs.ts: the row ${row} decides about no test file`),
  ];
}

function rowOf(path: string): string | undefined {
  for (let row = path; row !== ""; row = row.slice(0, Math.max(row.lastIndexOf("/"), 0)))
    if (ROWS.has(row)) return row;
  return undefined;
}
