/**
 * Part of `npm run check`: the bytes, after gzip, of the scripts that a browser loads before it shows the
 * page, and of the script that defines the element for pages of others. Exits with 1 if they are over the
 * limit, or if the first view shows a text that is loaded later.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { texts as later } from "../src/i18n/en/later/index.ts";
import { buildWeb, ROOT } from "./bundle.ts";

/** What the page loads at first, with the texts of one language. */
const FIRST_LOAD = 70 * 1024;
/** What a page of others loads for the element, without the texts of a language. */
const EMBED = 32 * 1024;

const { outputs } = await buildWeb();
const entries = Object.entries(outputs);
const [main] = entries.find(([, { entryPoint }]) => entryPoint === "src/main.tsx") ?? [];
const [texts] = entries.find(([, { entryPoint }]) => entryPoint === "src/i18n/zh/index.ts") ?? [];
const paths = [...first(texts, first(main))];
const bytes = paths.reduce((sum, path) => sum + compressed(path), 0);
console.log(`web client, first load: ${bytes} of ${FIRST_LOAD} bytes of script`);
const embed = compressed("dist/assets/embed.js");
console.log(`element for pages of others: ${embed} of ${EMBED} bytes of script`);
// A text of a later view is not there yet when the first one is drawn.
const code = paths.map((path) => readFileSync(join(ROOT, path), "utf8")).join();
const misplaced = Object.keys(later).filter((key) => code.includes(`"${key}"`));
if (misplaced.length > 0) console.error(`texts of the first view in i18n/*/later/: ${misplaced.join(", ")}`);
if (misplaced.length > 0 || bytes > FIRST_LOAD || embed > EMBED) process.exitCode = 1;

/** A script, and what it imports at once. */
function first(path: string | undefined, found = new Set<string>()): Set<string> {
  if (path === undefined || found.has(path)) return found;
  found.add(path);
  for (const { path: imported, kind } of outputs[path]?.imports ?? [])
    if (kind === "import-statement") first(imported, found);
  return found;
}

function compressed(path: string): number {
  return gzipSync(readFileSync(join(ROOT, path)), { level: 9 }).length;
}
