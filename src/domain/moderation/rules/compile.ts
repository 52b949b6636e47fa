import type { ConversationId } from "../../ids.ts";
import { DomainMatcher } from "./domains.ts";
import { PatternMatcher } from "./patterns.ts";
import type { ModerationRules, RuleAction, RuleId } from "./rule.ts";
import { viewOf } from "./text-view.ts";
import { withoutMarks } from "./without-marks.ts";
import { WordMatcher } from "./words.ts";

/** What the rules say of a text: the strongest action, and the sorted ids of all rules that match. */
export type Verdict =
  | { action: null; rules: [] }
  | { action: Exclude<RuleAction, "mask">; rules: RuleId[] }
  /** `text`: what is sent instead, of as many code points. */
  | { action: "mask"; rules: RuleId[]; text: string };

const STRONGEST_FIRST = ["refuse", "hold", "mask", "flag"] as const;

/** Asterisks may make another match, as they end a word. What still matches then is masked as a whole. */
const MASKINGS = 4;

/** Rules in the form that texts are checked by. They cost up to 0.2 s and some MB, and never change. */
export class CompiledRules {
  readonly #rules: ModerationRules;
  readonly #except: Set<ConversationId>[];
  readonly #words = new WordMatcher();
  readonly #domains = new DomainMatcher();
  readonly #patterns = new PatternMatcher();

  constructor(rules: ModerationRules) {
    this.#rules = rules;
    this.#except = rules.map((rule) => new Set(rule.except));
    for (const [index, { match }] of rules.entries()) {
      if ("words" in match) for (const word of match.words) this.#words.add(word, index);
      else if ("domains" in match) for (const domain of match.domains) this.#domains.add(domain, index);
      else this.#patterns.add(match.pattern, index);
    }
  }

  /**
   * Checks a text of a user. The time is linear in the text, whatever it is.
   * @param conversation the one that it is in; null: one that no rule leaves out
   */
  check(text: string, conversation: ConversationId | null): Verdict {
    let { matched, masked } = this.#match(text, conversation);
    const rules = this.#rules.filter((_, index) => matched.has(index));
    const action = STRONGEST_FIRST.find((action) => rules.some((rule) => rule.action === action));
    if (action === undefined) return { action: null, rules: [] };
    const ids = rules.map(({ id }) => id).sort();
    if (action !== "mask") return { action, rules: ids };
    for (let count = 1; count < MASKINGS; count++) {
      const again = this.#match(masked, conversation).masked;
      if (again === masked) return { action, rules: ids, text: masked };
      masked = again;
    }
    return { action, rules: ids, text: "*".repeat([...text].length) };
  }

  /** The rules that match a text, and the text with asterisks for what rules with that action match. */
  #match(text: string, conversation: ConversationId | null): { matched: Set<number>; masked: string } {
    const written = viewOf(text);
    const { original } = written;
    const matched = new Set<number>();
    const isMask = (rule: number) => this.#rules[rule]?.action === "mask";
    /** How many matches begin at each character, less those that end there. */
    const depth = new Int32Array(original.length + 1);
    let isMasked = false;
    // As it was written, and as its readers see it.
    for (const view of [written, withoutMarks(written)]) {
      if (!view) continue;
      const { chars, starts, ends } = view;
      /** For each character, the next one that is no asterisk; made when a mask matches. */
      let visible: number[] | undefined;
      const report = (rule: number, from: number, to: number) => {
        if (conversation !== null && this.#except[rule]?.has(conversation)) return;
        if (isMask(rule)) {
          visible ??= nextVisible(chars);
          // Asterisks alone are what a mask has left.
          if ((visible[from] ?? to) >= to) return;
          isMasked = true;
          depth[starts[from] ?? 0] = (depth[starts[from] ?? 0] ?? 0) + 1;
          depth[ends[to - 1] ?? 0] = (depth[ends[to - 1] ?? 0] ?? 0) - 1;
        }
        matched.add(rule);
      };
      this.#words.search(view, report);
      this.#domains.search(view, report);
      this.#patterns.search(chars, isMask, report);
    }
    if (!isMasked) return { matched, masked: text };
    let open = 0;
    const masked = original.map((char, at) => {
      open += depth[at] ?? 0;
      return open > 0 ? "*" : char;
    });
    return { matched, masked: masked.join("") };
  }
}

/** @param rules parsed by `ModerationRules`, whose limits bound the time of a check */
export function compileRules(rules: ModerationRules): CompiledRules {
  return new CompiledRules(rules);
}

function nextVisible(chars: string[]): number[] {
  const next: number[] = [];
  for (let at = chars.length, visible = chars.length; at >= 0; at--) {
    if (at < chars.length && chars[at] !== "*") visible = at;
    next[at] = visible;
  }
  return next;
}
