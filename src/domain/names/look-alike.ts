import { bounded } from "../../lib/text-forms.ts";
import CONFUSABLES from "./confusables.json" with { type: "json" };

/**
 * The version of `lookAlikeKeys`. It rises with every change of their result, and the hourly job then
 * computes the keys of all usernames anew.
 */
export const KEYS_VERSION = 1;

/** Characters and what they look like; made at the first use, as most isolates create no account. */
let prototypes: Map<string, string> | undefined;

/**
 * The keys of a username: two names look alike iff they share a key. NFKC, case folding and the confusables
 * of UTS 39 make a key. A name has two keys if a capital looks like another small letter: `PaypaI` looks like
 * `paypal`, and it equals `paypai` in another case.
 * @returns one or two texts, which are not for display
 */
export function lookAlikeKeys(name: string): string[] {
  const composed = bounded(name).normalize("NFKC");
  return [...new Set([keyOf(composed), keyOf(fold(composed))])];
}

/** Folds and maps until nothing changes: a prototype may be a capital, a folded letter has a prototype. */
function keyOf(text: string): string {
  for (let key = text; ; ) {
    const next = fold(skeleton(key));
    if (next === key) return key;
    key = next;
  }
}

/** The skeleton of UTS 39, section 4, with NFKD instead of NFD, as some prototypes have a plainer form. */
function skeleton(text: string): string {
  prototypes ??= readPrototypes();
  let shape = "";
  for (const char of text.normalize("NFKD")) {
    if (!/\p{Default_Ignorable_Code_Point}/u.test(char)) shape += prototypes.get(char) ?? char;
  }
  return shape.normalize("NFKD");
}

/** Case folding, letter by letter: `toLowerCase` of a whole text treats a sigma at its end differently. */
function fold(text: string): string {
  let folded = "";
  for (const char of text) folded += char.toUpperCase().toLowerCase();
  return folded;
}

function readPrototypes(): Map<string, string> {
  const lines = CONFUSABLES.lines.map((line) => line.split(": "));
  return new Map(
    lines.flatMap(([prototype = "", characters = ""]) =>
      characters.split(" ").map((character): [string, string] => [textOf(character), textOf(prototype)]),
    ),
  );
}

/** The text of hexadecimal numbers with `+` between them. */
function textOf(numbers: string): string {
  return String.fromCodePoint(...numbers.split("+").map((number) => Number.parseInt(number, 16)));
}
