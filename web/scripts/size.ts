/**
 * Part of `npm run check`: the bytes, after gzip, of the scripts that a browser loads before it shows the
 * page, of the script that defines the elements for pages of others, and of what that loads later. Exits
 * with 1 if they are over the limit, or if the first view shows a text that is loaded later.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { texts as later } from "../src/i18n/en/later/index.ts";
import { buildWeb, ROOT } from "./bundle.ts";

/** What the page loads at first, with the texts of one language. */
const FIRST_LOAD = 68.40625 * 1024;
/**
 * What a page of others loads for `<parley-chat>`, without the texts of a language. Its grammar is that of
 * the page: tables, headings and lists within lists take 1.6 KiB, with their styles. That messages come
 * beside the list takes 0.2 KiB, what a client knows of messages that a busy room leaves out 0.3 KiB.
 */
const EMBED = 34.3125 * 1024;
/** What it loads for more, when that is needed. */
const EMBED_LATER = {
  "attach/attach.tsx": 3_392,
  "buttons/buttons.tsx": 1_536,
  "thread/thread.tsx": 1_536,
  "inbox/inbox.tsx": 2_560,
  "failed/failed.tsx": 1_024,
};

const { outputs } = await buildWeb();
const entries = Object.entries(outputs);
const [main] = entries.find(([, { entryPoint }]) => entryPoint === "src/main.tsx") ?? [];
const [texts] = entries.find(([, { entryPoint }]) => entryPoint === "src/i18n/zh/index.ts") ?? [];
const paths = [...first(texts, first(main))];
const embed = first("dist/assets/embed.js");
let isOver = report("web client, first load", paths, FIRST_LOAD);
isOver = report("element for pages of others", [...embed], EMBED) || isOver;
for (const [file, limit] of Object.entries(EMBED_LATER)) {
  const [path] = entries.find(([, { entryPoint }]) => entryPoint === `src/embed/${file}`) ?? [];
  const more = [...first(path)].filter((one) => !embed.has(one));
  isOver = report(`  ${file}`, more, limit) || isOver;
}
// A text of a later view is not there yet when the first one is drawn.
const code = paths.map((path) => readFileSync(join(ROOT, path), "utf8")).join();
const misplaced = Object.keys(later).filter((key) => code.includes(`"${key}"`));
if (misplaced.length > 0) console.error(`texts of the first view in i18n/*/later/: ${misplaced.join(", ")}`);
if (misplaced.length > 0 || isOver) process.exitCode = 1;

/** A script, and what it imports at once. */
function first(path: string | undefined, found = new Set<string>()): Set<string> {
  if (path === undefined || found.has(path)) return found;
  found.add(path);
  for (const { path: imported, kind } of outputs[path]?.imports ?? [])
    if (kind === "import-statement") first(imported, found);
  return found;
}

/** Reports the bytes of scripts. @returns whether they are over the limit, or there are none */
function report(what: string, scripts: readonly string[], limit: number): boolean {
  const bytes = scripts.reduce((sum, path) => sum + compressed(path), 0);
  console.log(`${what}: ${bytes} of ${limit} bytes of script`);
  return bytes === 0 || bytes > limit;
}

function compressed(path: string): number {
  return gzipSync(readFileSync(join(ROOT, path)), { level: 9 }).length;
}
