import { execFileSync, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { filesBeyond } from "../test/runs.ts";
import { ROOT } from "./support/wrangler.ts";

/**
 * Plays, of the tests that `npm test` leaves out, those which depend on what some commits touched. Says what
 * it plays and why.
 *
 *     npm run test:changed                        what the checkout has that `main` has not
 *     npm run test:changed -- v0.2.0..HEAD        a range of commits
 *     npm run test:changed -- v0.2.0..HEAD --list says it only
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: "boolean", default: false } },
});
const [RANGE = "main"] = positionals;

/** Everything: the tests of a folder that no row names, and of what all others stand on. */
const ALL = [""];
const SERVER = ["test/features", "test/surfaces", "test/properties", "test/faults", "test/unit"];
const CLIENTS = ["packages", "test/bot-libraries", "test/kook-libraries", "test/tim-engines"];
const BROWSER = ["web/test", "test/tim-uikit"];
const TIM = ["test/surfaces/tim", "packages/tim/test", "test/tim-engines", "test/tim-uikit"];

/**
 * A folder or a file, and the folders of tests that depend on it: imports do not show them, as pages and
 * clients reach the server over HTTP. The longest row that fits decides; a folder of tests depends on itself.
 */
const DEPENDENTS: Readonly<Record<string, readonly string[]>> = {
  bench: [],
  docs: ["web/test", "packages/client/test"],
  examples: ["web/test", "packages/server/test"],
  migrations: [...SERVER, "test/scripts"],
  "packages/client": ["packages", ...BROWSER],
  "packages/react": ["packages/react", ...BROWSER],
  "packages/server": ["packages/server", "web/test"],
  "packages/tim": TIM,
  scripts: ["test/scripts"],
  src: [...SERVER, ...CLIENTS, ...BROWSER, "test/scripts"],
  "src/core/data": [...SERVER, "test/scripts"],
  "src/hook": ["test/features", "packages/server"],
  "src/surfaces/appkey": ["test/surfaces", "test/properties"],
  "src/surfaces/formpost": ["test/surfaces", "test/properties"],
  "src/surfaces/kook": ["test/surfaces", "test/properties", "test/kook-libraries"],
  "src/surfaces/telegram": ["test/surfaces", "test/bot-libraries"],
  "src/surfaces/tim": ["test/surfaces", "test/properties", ...TIM],
  "src/surfaces/usersig": ["test/surfaces", "test/properties"],
  "test/support": [...SERVER, ...CLIENTS, ...BROWSER],
  web: BROWSER,
};
/** Files beside the folders above that no test depends on. */
const WORDS = /^[^/]*\.md$|^LICENSE/;

const touched = execFileSync("git", ["diff", "--name-only", RANGE], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && !WORDS.test(path));
const reasons = new Map<string, string>();
for (const path of touched) {
  const [row, folders] = dependentsOf(path);
  for (const folder of folders) if (!reasons.has(folder)) reasons.set(folder, `${row} (${path})`);
}
const chosen = filesBeyond("test").flatMap((file) => {
  const folder = [...reasons.keys()].find((folder) => isBelow(folder, file));
  return folder === undefined ? [] : [{ file, folder }];
});
for (const [folder, files = []] of Object.entries(Object.groupBy(chosen, ({ folder }) => folder)))
  console.log(`${folder || "everything"}: ${files.length} files, as ${reasons.get(folder)} changed`);
console.log(`${chosen.length} of the ${filesBeyond("test").length} files that \`npm test\` leaves out`);
if (chosen.length > 0 && !values.list) {
  const files = chosen.map(({ file }) => file);
  const { status } = spawnSync("npx", ["vitest", "run", "--mode", "all", ...files], {
    cwd: ROOT,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}

function isBelow(folder: string, file: string): boolean {
  return folder === "" || file.startsWith(`${folder}/`);
}

/** The row that fits a path, and the folders of tests that depend on it. */
function dependentsOf(path: string): [row: string, folders: readonly string[]] {
  if (/(^|\/)test\//.test(path) && !path.includes("/support/")) {
    // What has no test beside it, as data or a model, belongs to the tests of a folder above.
    let folder = dirname(path);
    while (folder !== "." && globSync(`${folder}/*.test.{ts,tsx}`, { cwd: ROOT }).length === 0)
      folder = dirname(folder);
    return folder === "." ? ["what no row names", ALL] : [folder, [folder]];
  }
  for (let row = path; row !== ""; row = row.slice(0, Math.max(row.lastIndexOf("/"), 0))) {
    const folders = DEPENDENTS[row];
    if (folders !== undefined) return [row, folders];
  }
  return ["what no row names", ALL];
}
