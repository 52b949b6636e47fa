/**
 * Part of `npm run check`: no regular expression takes more than linear time on any text.
 * A reader of what others send holds up everybody in its isolate, and a page of parley-react its tab. recheck
 * looks for a text on which an expression backtracks: by automata, or by fuzzing where it looks around.
 *
 *     node scripts/check-expressions.ts
 *
 * Exits with 1, and names the place and such a text. An expression that is made of strings at run time is not
 * seen: test/unit/pure/linear/ reads the worst texts with those.
 */
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { check } from "recheck";
import { ROOT } from "./support/wrangler.ts";

/** The code that reads what others send. */
const FOLDERS = ["src", "packages/*/src", "web/src", "web/worker", "scripts/import"];

/** What recheck cannot judge, or judges without what its caller has cut; with the reason why it is linear. */
const LINEAR: ReadonlyMap<string, string> = new Map([
  [String.raw`/^\p{RGI_Emoji}$/v`, "recheck does not know the flag v; no part repeats"],
  [String.raw`/^\p{RGI_Emoji}+$/v`, "recheck does not know the flag v; one part repeats, from the beginning"],
  [
    String.raw`/[\p{Emoji}--\p{Emoji_Presentation}](?!\p{Emoji_Modifier})/gv`,
    "recheck does not know the flag v; no part repeats",
  ],
  [
    String.raw`/^\s*(?:\p{RGI_Emoji}\s*){1,6}$/v`,
    "recheck does not know the flag v; an emoji parts the runs of blanks, and the six begin at the beginning",
  ],
  [String.raw`/[a-z0-9][\w.+-]{0,63}$/i`, "its caller cuts the text to 64 characters"],
  [
    String.raw`/(?<![\p{L}\p{M}\p{N}-]\.?)(?:[\p{L}\p{M}\p{N}-]+\.)+(?:[\p{L}\p{M}]{2,}|xn--[a-z0-9-]+|\d{1,3}(?![\p{L}\p{N}]))/gu`,
    "it begins once a host, by what may not stand before it; the fuzzer does not see that",
  ],
]);

interface Expression {
  /** file and line */
  places: string[];
  source: string;
  flags: string;
}

/** The expressions of all files; one that stands in several places, once. */
function expressions(): Expression[] {
  const found = new Map<string, Expression>();
  for (const file of globSync(
    FOLDERS.map((folder) => `${folder}/**/*.{ts,tsx}`),
    { cwd: ROOT },
  )) {
    const text = readFileSync(join(ROOT, file), "utf8");
    new Visitor({
      Literal(node) {
        if (!("regex" in node) || !node.regex) return;
        const { pattern, flags } = node.regex;
        if (LINEAR.has(node.raw ?? "")) return;
        const place = `${file}:${text.slice(0, node.start).split("\n").length}`;
        const known = found.get(`/${pattern}/${flags}`);
        if (known) known.places.push(place);
        else found.set(`/${pattern}/${flags}`, { places: [place], source: pattern, flags });
      },
    }).visit(parseSync(file, text).program);
  }
  return [...found.values()];
}

/**
 * One commit always gets the same answer: the seed of the fuzzer is fixed, and steps bound it, not a clock.
 * By its own clock an attack of more than a second counts as one that succeeds, on a busy machine, too.
 */
const LIMITS = {
  ...{ randomSeed: 1, timeout: 5 * 60_000 },
  ...{ seedingTimeout: null, incubationTimeout: null, attackTimeout: null },
} as const;

const waiting = expressions();
const count = waiting.length;
let faults = 0;

async function work(): Promise<void> {
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { places, source, flags } = next;
    const found = await check(source, flags, LIMITS);
    if (found.status === "safe") continue;
    faults++;
    const why =
      found.status === "vulnerable"
        ? `${found.complexity.summary}, by ${found.attack.pattern}`
        : found.error.kind;
    console.error(`${places.join(", ")}\n  /${source}/${flags}\n  ${why}`);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(`${count} regular expressions, ${faults} of them not linear`);
process.exitCode = faults ? 1 : 0;
