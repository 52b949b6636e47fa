/**
 * `node web/scripts/offline.ts` writes the tables of docs/offline.md from the actions that tests play.
 * With `--check`, part of `npm run check`, it ends with 1 if the page has others.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Action } from "../test/support/offline/action.ts";
import { ACTIONS } from "../test/support/offline/actions.ts";

const PAGE = join(import.meta.dirname, "../../docs/offline.md");
const PLACE = /(<!-- actions -->\n)[\s\S]*?(<!-- end of the actions -->)/;

const page = readFileSync(PAGE, "utf8");
const tables = Object.entries(ACTIONS)
  .map(([place, actions]) => `\n### ${place}\n\n${table(actions)}\n`)
  .join("");
const written = page.replace(PLACE, (_, start: string, end: string) => `${start}${tables}\n${end}`);
if (!PLACE.test(page)) {
  console.error("docs/offline.md has no place for the actions");
  process.exitCode = 1;
} else if (!process.argv.includes("--check")) writeFileSync(PAGE, written);
else if (written !== page) {
  console.error(
    "docs/offline.md: the tables are not those of the actions; run `node web/scripts/offline.ts`",
  );
  process.exitCode = 1;
}

/** The same holds in both: each action is played with a service worker and without. */
function table(actions: readonly Action[]): string {
  const rows = actions.map(({ name, before, lost, needs }) => {
    const without = needs ? "needs https" : before;
    const lostWithout = needs ? "needs https" : (lost ?? "–");
    return `| ${[name, without, lostWithout, before, lost ?? "–"].join(" | ")} |`;
  });
  return [
    "| action | no worker, offline before | no worker, lost during | worker, offline before | worker, lost during |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
