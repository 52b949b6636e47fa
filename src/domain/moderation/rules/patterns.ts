import { RE2JS, RE2JSException, RE2Set } from "re2js";
import type { OnMatch } from "./text-view.ts";

/** The patterns of rules are regular expressions of RE2, whatever the case of letters. */
const FLAGS = RE2JS.CASE_INSENSITIVE;

/** The largest program of one pattern, in instructions: `{500}` makes much of a short pattern. */
const MAX_SIZE = 500;

/** @returns the size of a pattern's program, or why it is no pattern of a rule */
export function readPattern(source: string): { size: number } | { flaw: string } {
  try {
    const pattern = RE2JS.compile(source, FLAGS);
    const size = pattern.programSize();
    if (size > MAX_SIZE)
      return { flaw: `the pattern has ${size} steps with its counts, at most ${MAX_SIZE} are allowed` };
    // What matches nothing in one of these matches nothing in most texts.
    for (const text of ["", "a", " "]) {
      const found = pattern.matcher(text);
      if (found.find() && found.start() === found.end())
        return { flaw: "the pattern matches an empty text, so every text" };
    }
    return { size };
  } catch (error) {
    if (error instanceof RE2JSException) return { flaw: error.message };
    throw error;
  }
}

/** All patterns of the rules in one automaton, which takes a time linear in the text: nothing backtracks. */
export class PatternMatcher {
  readonly #patterns: { pattern: RE2JS; rule: number }[] = [];
  readonly #all = new RE2Set(RE2Set.UNANCHORED, FLAGS);
  #isCompiled = false;

  add(source: string, rule: number): void {
    this.#all.add(source);
    this.#patterns.push({ pattern: RE2JS.compile(source, FLAGS), rule });
  }

  /**
   * @param needsPlace whether all matches of a rule are reported, with their places; others once, without
   */
  search(chars: string[], needsPlace: (rule: number) => boolean, report: OnMatch): void {
    if (this.#patterns.length === 0) return;
    if (!this.#isCompiled) this.#all.compile();
    this.#isCompiled = true;
    const text = chars.join("");
    /** For each UTF-16 unit of the text, and for its end, the index in `chars`. */
    let places: number[] | undefined;
    for (const index of this.#all.match(text)) {
      const found = this.#patterns[index];
      if (!found) continue;
      if (!needsPlace(found.rule)) {
        report(found.rule, 0, 0);
        continue;
      }
      places ??= [...chars.flatMap((char, at) => Array<number>(char.length).fill(at)), chars.length];
      const matcher = found.pattern.matcher(text);
      while (matcher.find()) report(found.rule, places[matcher.start()] ?? 0, places[matcher.end()] ?? 0);
    }
  }
}
