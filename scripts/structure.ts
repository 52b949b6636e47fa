import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { figuresOf } from "./support/figures.ts";
import { insecureIn } from "./support/insecure.ts";
import { luckIn } from "./support/luck.ts";

/**
 * The structure of `src/`, the packages, `web/src/` and `web/docs/` in figures: files per folder, names
 * exported for two types; and long comment lines and lines on which luck decides (`support/luck.ts`), there
 * and in the tests, the scripts and the benchmarks; and what browsers lack over plain http
 * (`support/insecure.ts`).
 * `biome.json` has the rules of imports: which layer may import which, and no cycles.
 * `support/figures.ts` has limits for figures of `src/` and of the notes on its design: a commit that raises
 * one says why.
 *
 *     npm run structure
 *
 * Exits with 1 on a name of two types, a long comment line, a line of luck or of plain http, a folder of
 * more than 15 files, or a figure over its limit.
 */
const MAX_FILES = 15;
const MAX_COLUMNS = 110;

const LISTED = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
const texts = textsIn(
  ...[
    "src",
    "packages/client/src",
    "packages/react/src",
    "packages/server/src",
    "packages/tim/src",
    "web/src",
    "web/docs",
  ],
);
const files = [...texts.keys()];

/** The TypeScript files of some folders, by path. */
function textsIn(...folders: string[]): Map<string, string> {
  const paths = execFileSync("git", [...LISTED, ...folders], { encoding: "utf8" })
    .split("\n")
    .filter((path) => /\.tsx?$/.test(path) && path !== "src/env.d.ts");
  return new Map(paths.map((path) => [path, readFileSync(path, "utf8")]));
}

/** Type names that several files export: in the layers below the surfaces, in each of the packages. */
function doubledTypes(): [string, string[]][] {
  const paths = [...texts.keys()];
  const server = paths.filter((path) => path.startsWith("src/") && !path.startsWith("src/surfaces/"));
  return [
    // src/index.ts exports the classes that wrangler.toml names.
    ...doubledIn(server.filter((path) => path !== "src/index.ts")),
    ...doubledIn(paths.filter((path) => path.startsWith("packages/client/"))),
    ...doubledIn(paths.filter((path) => path.startsWith("packages/react/"))),
    ...doubledIn(paths.filter((path) => path.startsWith("packages/server/"))),
    ...doubledIn(paths.filter((path) => path.startsWith("packages/tim/"))),
    ...doubledIn(paths.filter((path) => path.startsWith("web/"))),
  ];
}

function doubledIn(paths: string[]): [string, string[]][] {
  const owners = new Map<string, string[]>();
  for (const path of paths) {
    const names = [
      ...(texts.get(path) ?? "").matchAll(/^export (?:abstract )?(?:interface|type|class) (\w+)/gm),
    ];
    // A class that is merged with an interface is one type.
    for (const name of new Set(names.map(([, name = ""]) => name)))
      owners.set(name, [...(owners.get(name) ?? []), path]);
  }
  return [...owners].filter(([, paths]) => paths.length > 1);
}

function perFolder(): [string, number][] {
  const counts = new Map<string, number>();
  for (const path of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

function linesOf(all: Map<string, string>): { place: string; line: string }[] {
  return [...all].flatMap(([path, text]) =>
    text.split("\n").map((line, i) => ({ place: `${path}:${i + 1}`, line })),
  );
}

const lines = linesOf(texts);
const others = textsIn(
  "test",
  "scripts",
  "bench",
  "packages/client/scripts",
  "packages/client/test",
  "packages/react/scripts",
  "packages/react/test",
  "packages/server/scripts",
  "packages/server/test",
  "packages/tim/scripts",
  "packages/tim/test",
  "examples",
  "web/scripts",
  "web/test",
);
const longComments = [...lines, ...linesOf(others)].filter(
  ({ line }) => line.length > MAX_COLUMNS && /^\s*(\/\/|\/?\*)/.test(line),
);
const doubled = doubledTypes();
const luck = [...texts, ...others].flatMap(([path, text]) =>
  luckIn(path, text).map(({ line, what }) => `${path}:${line}: ${what}`),
);
const insecure = [...texts]
  .filter(([path]) => /^(web|packages\/(client|react|tim))\/src\//.test(path))
  .flatMap(([path, text]) => insecureIn(path, text).map(({ line, what }) => `${path}:${line}: ${what}`));

console.log(
  `${files.length} files, ${lines.length} lines, ${longComments.length} comment lines over ${MAX_COLUMNS} columns`,
);
for (const { place } of longComments) console.log(`  ${place}`);
const full = perFolder().filter(([, count]) => count > MAX_FILES);
console.log(`Largest folders, of ${MAX_FILES} files at most:`);
for (const [folder, count] of perFolder().slice(0, 8)) console.log(`  ${count}  ${folder}`);
console.log(`Names exported for two types: ${doubled.length}`);
for (const [name, paths] of doubled) console.log(`  ${name}: ${paths.join(", ")}`);
console.log(`Lines on which luck decides: ${luck.length}`);
for (const line of luck) console.log(`  ${line}`);
console.log(`Lines that fail over plain http: ${insecure.length}`);
for (const line of insecure) console.log(`  ${line}`);
const notes = execFileSync("git", [...LISTED, "docs/design"], { encoding: "utf8" })
  .trim()
  .split("\n");
const figures = figuresOf(texts, notes);
console.log("Figures, and their limits:");
for (const { name, now, limit } of figures) console.log(`  ${now} of ${limit}  ${name}`);
const over = figures.filter(({ now, limit }) => now > limit);
for (const { name, now, limit } of over) console.log(`Over its limit: ${name}: ${now}, of ${limit} at most`);
const wrong =
  doubled.length + longComments.length + luck.length + insecure.length + full.length + over.length;
process.exitCode = wrong > 0 ? 1 : 0;
