import { comparisonForm } from "../../../lib/text-forms.ts";
import { lookAlikeKeys } from "../../names/look-alike.ts";
import { INVISIBLE, type OnMatch, type TextView, viewOf, WITHOUT_SPACES } from "./text-view.ts";

/**
 * Words are compared by what they look like. Signs that stand for letters have two readings, and a text is
 * searched in both: `1` is `l` or `i`, and `@` is no letter or an `a`.
 */
const READINGS = [
  new Map(["0o", "1l"].map(pairOf)),
  new Map(["0o", "1i", "3e", "4a", "5s", "7t", "@a", "$s", "!i", "|l", "€e"].map(pairOf)),
] as const;
type Reading = (typeof READINGS)[number];
const SIGNS = /[013457@$!|€]/;

const PART_OF_WORD = /[\p{L}\p{M}\p{N}]/u;
/** Han and Hangul have no letters that pass for others, and are most of the letters that there are. */
const UNCHANGED = /[\p{sc=Han}\uAC00-\uD7A3]/u;

function pairOf([sign = "", letter = ""]: string): [string, string] {
  return [sign, letter];
}

/** `spaceless`: a letter of a script without spaces between words. */
type Kind = "space" | "digit" | "spaceless" | "letter";

/** A text as the trie reads it: its letters, and one space for each run of other characters. */
interface Letters {
  letters: string[];
  /** For each letter, its index in the `chars` of the view. */
  places: number[];
  kinds: Kind[];
}

interface TrieNode {
  next: Map<string, TrieNode>;
  /** Rules with the word that ends here, and whether the word has digits only. */
  ends: { rule: number; isNumber: boolean }[];
}

/**
 * A trie of words, which is walked from each start of a word; in scripts without spaces, from each character.
 * A word has at most 64 characters, which bounds the steps.
 */
export class WordMatcher {
  readonly #root: TrieNode = { next: new Map(), ends: [] };

  add(word: string, rule: number): void {
    const view = viewOf(word);
    const isNumber = !/\p{L}/u.test(word);
    const forms = READINGS.map((reading) => lettersOf(view, reading).letters.join(""));
    for (const form of new Set(forms)) {
      let node = this.#root;
      for (const letter of form) {
        const next = node.next.get(letter) ?? { next: new Map(), ends: [] };
        node.next.set(letter, next);
        node = next;
      }
      node.ends.push({ rule, isNumber });
    }
  }

  search(view: TextView, report: OnMatch): void {
    if (this.#root.next.size === 0) return;
    const [plain, withSigns] = READINGS;
    this.#searchReading(view, plain, report);
    if (SIGNS.test(view.chars.join(""))) this.#searchReading(view, withSigns, report);
  }

  #searchReading(view: TextView, reading: Reading, report: OnMatch): void {
    const { letters, places, kinds } = lettersOf(view, reading);
    const isBetweenWords = (kind: Kind | undefined) =>
      kind === undefined || kind === "space" || kind === "spaceless";
    /** Whether a word may end before a letter and another begin there. */
    const isBorder = (at: number) => isBetweenWords(kinds[at - 1]) || isBetweenWords(kinds[at]);
    for (let start = 0; start < letters.length; start++) {
      if (kinds[start] === "space" || !isBorder(start)) continue;
      let node: TrieNode | undefined = this.#root;
      // "455" is no word that looks like it, and "loo" is not 100.
      let isNumber = true;
      for (let at = start; at < letters.length; at++) {
        node = node.next.get(letters[at] ?? "");
        if (!node) break;
        isNumber &&= kinds[at] === "digit" || kinds[at] === "space";
        if (node.ends.length === 0 || !isBorder(at + 1)) continue;
        for (const end of node.ends)
          if (end.isNumber === isNumber) report(end.rule, places[start] ?? 0, (places[at] ?? 0) + 1);
      }
    }
  }
}

function lettersOf({ chars }: TextView, reading: Reading): Letters {
  const found: Letters = { letters: [], places: [], kinds: [] };
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    const plain = formOf(char);
    const isEnd = char === "!" && formOf(chars[at + 1] ?? " ").kind === "space";
    const form = isEnd ? plain : withReading(plain, char, reading);
    if (form.kind === "space" && found.kinds.at(-1) === "space") continue;
    for (const letter of form.letters) {
      found.letters.push(letter);
      found.places.push(at);
      found.kinds.push(form.kind);
    }
  }
  return found;
}

function withReading(plain: Form, char: string, reading: Reading): Form {
  const letter = reading.get(char);
  if (letter === undefined) return plain;
  return { letters: letter, kind: plain.kind === "digit" ? "digit" : "letter" };
}

/** What a character is compared as: `""` if it is dropped, a space if it is no part of a word. */
interface Form {
  letters: string;
  kind: Kind;
}

/** The forms of characters that have occurred. */
const known = new Map<string, Form>();
const MAX_KNOWN = 50_000;

function formOf(char: string): Form {
  let form = known.get(char);
  if (form) return form;
  if (known.size >= MAX_KNOWN) known.clear();
  if (INVISIBLE.test(char)) form = { letters: "", kind: "letter" };
  else if (!PART_OF_WORD.test(char)) form = { letters: " ", kind: "space" };
  else {
    const letters = UNCHANGED.test(char) ? char : lettersFor(char);
    form = {
      letters,
      kind: WITHOUT_SPACES.test(char) ? "spaceless" : /\p{N}/u.test(char) ? "digit" : "letter",
    };
  }
  known.set(char, form);
  return form;
}

function lettersFor(char: string): string {
  const plain = withoutMarks(char);
  // A prototype of ASCII is left alone: that of `m` is `rn`, and `burn` is no bum.
  if (plain <= "\x7f" || /\p{N}/u.test(char)) return plain;
  const key = withoutMarks(lookAlikeKeys(plain).at(-1) ?? plain);
  return /^[\p{L}\p{M}\p{N}]+$/u.test(key) ? key : plain;
}

/** A mark by itself has a form; behind a letter it has none. */
function withoutMarks(char: string): string {
  return comparisonForm(`x${char}`).slice(1);
}
