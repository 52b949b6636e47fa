/**
 * The patterns of moderation rules: regular expressions as JavaScript writes them with the flags `i` and `u`,
 * without what no automaton can match in linear time. Parley matches them by an automaton of its own, in
 * `pattern-automaton.ts`; JavaScript's own engine backtracks and is asked for single characters only.
 */

/** A pattern as a tree. `source` is a set as JavaScript writes it: `.`, `\d`, `[a-z]`. */
export type PatternTree =
  | { kind: "literal"; char: string }
  | { kind: "set"; source: string }
  | { kind: "assertion"; assertion: Assertion }
  | { kind: "sequence" | "choice"; parts: PatternTree[] }
  | { kind: "repeat"; body: PatternTree; min: number; max: number };

export type Assertion = "^" | "$" | "\\b" | "\\B";

export interface ParsedPattern {
  tree: PatternTree;
  /** Characters that the pattern matches at most, if `*` and `+` match one: `a{3}b+` has 4. */
  size: number;
  /** The different sets of the pattern, as it writes them. */
  sets: ReadonlySet<string>;
}

/** Why a text is no pattern of a rule, and where. */
export class PatternFlaw extends Error {}

/** The largest size of one pattern. It bounds what a count such as `{500}` makes of a short pattern. */
const MAX_SIZE = 500;
const MAX_DEPTH = 50;

const SYNTAX_CHARACTERS = "^$\\.*+?()[]{}|/";

/** @throws {PatternFlaw} if the text is no regular expression, may match nothing, or has what is not allowed */
export function parsePattern(source: string): ParsedPattern {
  const parser = new Parser(source);
  const tree = parser.parse();
  try {
    new RegExp(source, "iu");
  } catch (error) {
    throw new PatternFlaw(error instanceof Error ? error.message : "no regular expression");
  }
  const size = sizeOf(tree);
  if (size > MAX_SIZE)
    throw new PatternFlaw(`the pattern matches ${size} characters with its counts, at most ${MAX_SIZE}`);
  if (mayBeEmpty(tree)) throw new PatternFlaw("the pattern matches an empty text, so every text");
  return { tree, size, sets: parser.sets };
}

class Parser {
  readonly sets = new Set<string>();
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): PatternTree {
    const tree = this.#choice();
    if (this.#at < this.#source.length) this.#refuse("a ) without its (");
    return tree;
  }

  #choice(): PatternTree {
    const parts = [this.#sequence()];
    while (this.#takes("|")) parts.push(this.#sequence());
    const [first] = parts;
    return parts.length === 1 && first ? first : { kind: "choice", parts };
  }

  #sequence(): PatternTree {
    const parts: PatternTree[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#rest(1))) parts.push(this.#repeated());
    return { kind: "sequence", parts };
  }

  #repeated(): PatternTree {
    const start = this.#at;
    const body = this.#atom();
    const found = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})/.exec(this.#rest());
    if (!found) return body;
    if (body.kind === "assertion") this.#refuse("an assertion cannot be repeated", start);
    const [all, sign, from, comma, to] = found;
    this.#at += all.length;
    if (/^[?*+{]/.test(this.#rest(1)))
      this.#refuse(
        this.#rest(1) === "?" ? "a lazy quantifier: a match is as long as it can be" : "two quantifiers",
      );
    if (sign) return { kind: "repeat", body, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity };
    const min = Number(from);
    const max = to ? Number(to) : comma ? Infinity : min;
    if (max < min) this.#refuse("a count whose numbers are out of order", start);
    return { kind: "repeat", body, min, max };
  }

  #atom(): PatternTree {
    const start = this.#at;
    const char = String.fromCodePoint(this.#source.codePointAt(start) ?? 0);
    if (char === "(") return this.#group();
    if (char === "\\") return this.#escape();
    if (/[*+?{}\]]/.test(char)) this.#refuse(`a ${char} that stands for nothing: write \\${char}`);
    if (char === "[") {
      const set = /^\[(?:[^\]\\]|\\.)*\]/su.exec(this.#rest())?.[0];
      if (set === undefined) this.#refuse("a [ without its ]");
      return this.#set(set);
    }
    if (char === ".") return this.#set(char);
    this.#at += char.length;
    if (char === "^" || char === "$") return { kind: "assertion", assertion: char };
    return { kind: "literal", char };
  }

  #group(): PatternTree {
    const start = this.#at;
    if (/^\(\?<?[=!]/.test(this.#rest())) this.#refuse("a look at what is around, which may take too long");
    if (++this.#depth > MAX_DEPTH) this.#refuse(`groups inside of more than ${MAX_DEPTH} others`);
    const opening = /^\((?:\?:|\?<[^>]*>|(?!\?))/.exec(this.#rest())?.[0];
    if (opening === undefined) this.#refuse("a group of a kind that is not known");
    this.#at += opening.length;
    const tree = this.#choice();
    if (!this.#takes(")")) this.#refuse("a ( without its )", start);
    this.#depth--;
    return tree;
  }

  #escape(): PatternTree {
    const next = this.#source[this.#at + 1] ?? "";
    if (next === "") this.#refuse("a \\ at the end");
    if (/[1-9k]/.test(next)) this.#refuse("a reference to a group, which may take too long");
    if (next === "b" || next === "B") {
      this.#at += 2;
      return { kind: "assertion", assertion: next === "b" ? "\\b" : "\\B" };
    }
    if (SYNTAX_CHARACTERS.includes(next)) {
      this.#at += 2;
      return { kind: "literal", char: next };
    }
    // JavaScript reads the others, as a set of one character if need be.
    const found = /^\\(?:[dDwWsSfnrtv0]|c[a-z]|x[\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|p\{[^}]*\})/i;
    const all = found.exec(this.#rest())?.[0];
    if (all === undefined) this.#refuse(`\\${next}, which has no meaning`);
    return this.#set(all);
  }

  #set(source: string): PatternTree {
    this.#at += source.length;
    this.sets.add(source);
    return { kind: "set", source };
  }

  #takes(char: string): boolean {
    const takes = this.#source[this.#at] === char;
    if (takes) this.#at++;
    return takes;
  }

  #rest(length?: number): string {
    return this.#source.slice(this.#at, length === undefined ? undefined : this.#at + length);
  }

  #refuse(what: string, at = this.#at): never {
    throw new PatternFlaw(`character ${at + 1}: ${what}`);
  }
}

function sizeOf(tree: PatternTree): number {
  if (tree.kind === "literal" || tree.kind === "set" || tree.kind === "assertion") return 1;
  if (tree.kind === "repeat") {
    const copies = tree.max === Infinity ? tree.min + 1 : tree.max;
    return Math.max(1, sizeOf(tree.body)) * copies;
  }
  return tree.parts.reduce((sum, part) => sum + sizeOf(part), 0);
}

function mayBeEmpty(tree: PatternTree): boolean {
  if (tree.kind === "literal" || tree.kind === "set") return false;
  if (tree.kind === "assertion") return true;
  if (tree.kind === "repeat") return tree.min === 0 || mayBeEmpty(tree.body);
  return tree.kind === "choice" ? tree.parts.some(mayBeEmpty) : tree.parts.every(mayBeEmpty);
}
