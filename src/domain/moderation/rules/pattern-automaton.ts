import { type Assertion, type PatternTree, parsePattern } from "./pattern-syntax.ts";
import type { OnMatch } from "./text-view.ts";

/** A node of the automaton. Nodes refer to each other by index. One shape for all kinds is faster. */
interface PatternNode {
  kind: "literal" | "set" | "assertion" | "fork" | "end";
  /** The index of the literal or the set, or of the pattern that ends. */
  what: number;
  assertion: Assertion | null;
  next: number[];
  /** The forks of `x{0,9}` have one number, other nodes -1. */
  chain: number;
}

/** Characters that the patterns do not tell apart. */
interface CharClass {
  id: number;
  literal: number;
  sets: boolean[];
  side: Side;
}

/** What an assertion asks of a place: the character on one side of it. */
type Side = "edge" | "word" | "other";

/** Where the patterns are between two characters of a text. */
interface State {
  /** Nodes, in descending order. Those of a match that begins here are not among them. */
  nodes: number[];
  before: Side;
  steps: Map<number, Step>;
}

/** What one more character leads to, and the patterns of which a match ends before it. */
interface Step {
  to: State;
  ended: number[];
}

/** Nodes in stored states. More are not kept: the rest of a text is then matched without storing. */
const MAX_STORED = 500_000;
const MAX_KNOWN = 50_000;
const NO_STEPS: State["steps"] = new Map();

/**
 * All patterns in one automaton. States are computed when a text first needs them, and stored, so that a
 * character of a text usually costs one look-up for all patterns. If they are not stored, it costs at most one
 * visit of each node. Nothing backtracks.
 */
export class PatternMatcher {
  /** Nodes that searches visited: what tests count. */
  visits = 0;
  readonly #nodes: PatternNode[] = [];
  readonly #open: number[] = [];
  readonly #starts: number[] = [];
  readonly #rules: number[] = [];
  readonly #literals = new Map<string, number>();
  readonly #sets = new Map<string, RegExp>();
  readonly #classes = new Map<string, CharClass>();
  readonly #classOf = new Map<string, CharClass>();
  readonly #end: CharClass = { id: -1, literal: -1, sets: [], side: "edge" };
  #states = new Map<string, State>();
  #fresh = new Map<string, { nodes: number[]; ended: number[] }>();
  #stored = 0;
  /** The number of the visit of a node, and of the addition to a list: each walk has a number of its own. */
  readonly #visited: number[] = [];
  readonly #added: number[] = [];
  #walk = 0;
  #chains = 0;

  add(source: string, rule: number): void {
    const end = this.#push({ kind: "end", what: this.#starts.length });
    this.#starts.push(this.#build(parsePattern(source).tree, end));
    this.#rules.push(rule);
  }

  /**
   * @param needsPlace whether all matches of a rule are reported, with their places; others once, without
   */
  search(chars: string[], needsPlace: (rule: number) => boolean, report: OnMatch): void {
    if (this.#starts.length === 0) return;
    if (this.#stored > MAX_STORED) {
      this.#states = new Map();
      this.#stored = 0;
    }
    const classes = chars.map((char) => this.#classOf.get(char) ?? this.#classify(char));
    classes.push(this.#end);
    const found = new Uint8Array(this.#starts.length);
    let state = this.#stateOf([], "edge");
    for (const char of classes) {
      const { to, ended } = state.steps.get(char.id) ?? this.#step(state, char);
      for (let at = 0; at < ended.length; at++) found[ended[at] ?? 0] = 1;
      state = to;
    }
    found.forEach((isFound, pattern) => {
      const rule = this.#rules[pattern];
      if (!isFound || rule === undefined) return;
      if (needsPlace(rule)) this.#place(classes, pattern, (from, to) => report(rule, from, to));
      else report(rule, 0, 0);
    });
  }

  #step(state: State, char: CharClass): Step {
    const fresh = this.#freshStep(state.before, char);
    this.#walk++;
    for (const node of fresh.nodes) this.#added[node] = this.#walk;
    const nodes = [...fresh.nodes];
    const ended = [...fresh.ended];
    for (const node of state.nodes) this.#advance(node, state.before, char, nodes, ended);
    if (this.#stored > MAX_STORED) return { to: { nodes, before: char.side, steps: NO_STEPS }, ended };
    nodes.sort((a, b) => b - a);
    const to = this.#stateOf(this.#withoutWeaker(nodes), char.side);
    const step = { to, ended };
    state.steps.set(char.id, step);
    this.#stored += 1 + ended.length;
    return step;
  }

  /** What a character leads to for matches that begin with it. */
  #freshStep(before: Side, char: CharClass): { nodes: number[]; ended: number[] } {
    const key = `${before} ${char.id}`;
    const known = this.#fresh.get(key);
    if (known) return known;
    const fresh: { nodes: number[]; ended: number[] } = { nodes: [], ended: [] };
    this.#walk++;
    for (const start of this.#starts) this.#advance(start, before, char, fresh.nodes, fresh.ended);
    this.#fresh.set(key, fresh);
    return fresh;
  }

  /** Follows forks and assertions from a node, then a character: adds to the nodes behind it. */
  #advance(first: number, before: Side, char: CharClass, nodes: number[], ended: number[]): void {
    const [walk, open] = [this.#walk, this.#open];
    open.push(first);
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const node = this.#nodes[index];
      if (!node || this.#visited[index] === walk) continue;
      this.#visited[index] = walk;
      this.visits++;
      const { kind, what, next, assertion } = node;
      if (kind === "fork" || (assertion !== null && holds(assertion, before, char.side)))
        for (const way of next) open.push(way);
      else if (kind === "end") ended.push(what);
      else if (kind === "literal" ? char.literal === what : kind === "set" && char.sets[what] === true) {
        const behind = next[0] ?? 0;
        if (this.#added[behind] === walk) continue;
        this.#added[behind] = walk;
        nodes.push(behind);
      }
    }
  }

  /** In `x{0,9}` what 8 more can match, 9 more can: without the weaker nodes there are far fewer states. */
  #withoutWeaker(nodes: number[]): number[] {
    const chains = new Set<number>();
    return nodes.filter((index) => {
      const node = this.#nodes[index];
      if (!node || node.chain < 0) return true;
      const isFirst = !chains.has(node.chain);
      chains.add(node.chain);
      return isFirst;
    });
  }

  #stateOf(nodes: number[], before: Side): State {
    const key = `${before} ${nodes.join()}`;
    const known = this.#states.get(key);
    if (known) return known;
    const state = { nodes, before, steps: new Map() };
    this.#states.set(key, state);
    this.#stored += 1 + 2 * nodes.length;
    return state;
  }

  /** For each end of a match, the place of the longest match that ends there; in one walk through the text. */
  #place(classes: CharClass[], pattern: number, report: (from: number, to: number) => void): void {
    let before: Side = "edge";
    const start = this.#starts[pattern] ?? 0;
    /** Nodes, and the starts of their matches. The earliest come first: a node's first visit is from there. */
    let [nodes, froms]: [number[], number[]] = [[], []];
    for (const [at, char] of classes.entries()) {
      this.#walk++;
      const [next, nextFroms, ended]: [number[], number[], number[]] = [[], [], []];
      nodes.push(start);
      froms.push(at);
      for (let thread = 0; thread < nodes.length; thread++) {
        const from = froms[thread] ?? at;
        this.#advance(nodes[thread] ?? start, before, char, next, ended);
        while (nextFroms.length < next.length) nextFroms.push(from);
        if (ended.pop() !== undefined) report(from, at);
      }
      [nodes, froms] = [next, nextFroms];
      before = char.side;
    }
  }

  #classify(char: string): CharClass {
    const literal = this.#literals.get(foldCase(char)) ?? -1;
    const sets = [...this.#sets.values()].map((set) => set.test(char));
    const side = /\w/.test(char) ? "word" : "other";
    const key = `${literal} ${side} ${sets.map(Number).join("")}`;
    const known = this.#classes.get(key) ?? { id: this.#classes.size, literal, sets, side };
    this.#classes.set(key, known);
    if (this.#classOf.size >= MAX_KNOWN) this.#classOf.clear();
    this.#classOf.set(char, known);
    return known;
  }

  /** Builds the nodes of a tree. @returns the first; the last ones lead to `next` */
  #build(tree: PatternTree, next: number): number {
    switch (tree.kind) {
      case "literal":
        return this.#push({
          kind: "literal",
          what: indexIn(this.#literals, foldCase(tree.char)),
          next: [next],
        });
      case "set":
        return this.#push({ kind: "set", what: this.#setOf(tree.source), next: [next] });
      case "assertion":
        return this.#push({ kind: "assertion", assertion: tree.assertion, next: [next] });
      case "sequence":
        return tree.parts.reduceRight((behind, part) => this.#build(part, behind), next);
      case "choice":
        return this.#push({ kind: "fork", next: tree.parts.map((part) => this.#build(part, next)) });
      case "repeat":
        return this.#buildRepeat(tree.body, tree.min, tree.max, next);
    }
  }

  #buildRepeat(body: PatternTree, min: number, max: number, next: number): number {
    let first = next;
    if (max === Infinity) {
      const ways = [next];
      first = this.#push({ kind: "fork", next: ways });
      ways.push(this.#build(body, first));
    } else {
      const chain = this.#chains++;
      for (let count = min; count < max; count++)
        first = this.#push({ kind: "fork", next: [next, this.#build(body, first)], chain });
    }
    for (let count = 0; count < min; count++) first = this.#build(body, first);
    return first;
  }

  #push(node: Pick<PatternNode, "kind"> & Partial<PatternNode>): number {
    this.#visited.push(0);
    this.#added.push(0);
    const { kind, what = -1, assertion = null, next = [], chain = -1 } = node;
    return this.#nodes.push({ kind, what, assertion, next, chain }) - 1;
  }

  #setOf(source: string): number {
    if (!this.#sets.has(source)) this.#sets.set(source, new RegExp(`^${source}$`, "iu"));
    return [...this.#sets.keys()].indexOf(source);
  }
}

function indexIn(map: Map<string, number>, key: string): number {
  const index = map.get(key) ?? map.size;
  map.set(key, index);
  return index;
}

function holds(assertion: Assertion, before: Side, after: Side): boolean {
  if (assertion === "^") return before === "edge";
  if (assertion === "$") return after === "edge";
  return ((before === "word") !== (after === "word")) === (assertion === "\\b");
}

/** Simple case folding, as the flags `iu` have it: to one character, and only if they take both for the same. */
function foldCase(char: string): string {
  const folded = char.toUpperCase().toLowerCase();
  if (folded === char || folded === char.toLowerCase()) return [...folded].length === 1 ? folded : char;
  const isSame =
    [...folded].length === 1 && new RegExp(`^\\u{${folded.codePointAt(0)?.toString(16)}}$`, "iu").test(char);
  return isSame ? folded : char;
}
