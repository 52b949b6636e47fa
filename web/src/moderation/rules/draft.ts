import { Problem } from "parley-client";
import { st } from "../../i18n/staff.ts";
import type { Rule } from "../calls.ts";

/** What a rule may look for. */
export const KINDS = ["words", "pattern", "domains"] as const;
/** What becomes of a message that a rule matches, the strongest first. */
export const ACTIONS = ["refuse", "hold", "mask", "flag"] as const;
/** The parts of a rule that may have a flaw. */
const FIELDS = ["id", "match", "except"] as const;
type Field = (typeof FIELDS)[number];

/** A rule as somebody writes it. */
export interface RuleDraft {
  /** names the draft on the page; the `id` of a rule may change */
  readonly key: number;
  readonly id: string;
  readonly kind: (typeof KINDS)[number];
  /** the pattern, or the words or domains, one a line */
  readonly text: string;
  /** the numbers of conversations, with spaces or commas between them */
  readonly except: string;
  readonly action: (typeof ACTIONS)[number];
}

/** What the server objects to. */
export interface Flaws {
  /** what the set has, or no field has */
  readonly general: string;
  readonly rules: ReadonlyMap<number, Readonly<Partial<Record<Field, string>>>>;
}

/** All rules as somebody writes them. */
export interface RulesDraft {
  /** the rules that hold, as they were read */
  readonly base: readonly Rule[];
  readonly version: number;
  readonly rules: readonly RuleDraft[];
  readonly flaws: Flaws;
  /** whether the server has another version by now */
  readonly isBehind: boolean;
}

export const NO_FLAWS: Flaws = { general: "", rules: new Map() };

/** The draft of rules that nobody has changed yet. */
export function draftOf({ items, version }: { items: readonly Rule[]; version: number }): RulesDraft {
  return { base: items, version, rules: items.map(toDraft), flaws: NO_FLAWS, isBehind: false };
}

function toDraft({ id, match, except = [], action }: Rule, at: number): RuleDraft {
  const rest = { key: at + 1, id, except: except.join(" "), action };
  if ("pattern" in match) return { ...rest, kind: "pattern", text: match.pattern };
  if ("words" in match) return { ...rest, kind: "words", text: match.words.join("\n") };
  return { ...rest, kind: "domains", text: match.domains.join("\n") };
}

/** A new rule behind the others. Its id is not taken. */
export function newRule(rules: readonly RuleDraft[]): RuleDraft {
  const key = Math.max(0, ...rules.map((one) => one.key)) + 1;
  let n = rules.length + 1;
  while (rules.some(({ id }) => id === `rule-${n}`)) n++;
  return { key, id: `rule-${n}`, kind: "words", text: "", except: "", action: "refuse" };
}

/** What a rule looks for, each by itself. */
export function matchesOf({ kind, text }: Pick<RuleDraft, "kind" | "text">): string[] {
  if (kind === "pattern") return text ? [text] : [];
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** The conversations that a rule leaves out, as they are written. */
export function exceptionsOf({ except }: Pick<RuleDraft, "except">): string[] {
  return except.split(/[\s,，、]+/).filter((one) => one !== "");
}

/** Rules as the server takes them. It says what is wrong with them. */
export function rulesOf(drafts: readonly RuleDraft[]): Rule[] {
  return drafts.map((draft) => {
    const { id, kind, text, action } = draft;
    const all = matchesOf(draft);
    const match =
      kind === "pattern" ? { pattern: text } : kind === "words" ? { words: all } : { domains: all };
    const except = exceptionsOf(draft).map(Number);
    return { id: id.trim(), match, ...(except.length > 0 && { except }), action };
  });
}

/** Whether somebody has changed the rules. */
export function isChanged({ base, rules }: RulesDraft): boolean {
  return JSON.stringify(rulesOf(rules)) !== JSON.stringify(rulesOf(base.map(toDraft)));
}

/**
 * What the server objects to, where it stands.
 * @param rules those that the server was sent
 * @returns undefined: the error is about something else
 */
export function flawsOf(error: unknown, rules: readonly RuleDraft[]): Flaws | undefined {
  if (!(error instanceof Problem) || error.code !== "validation_failed") return undefined;
  const found = new Map<number, Partial<Record<Field, string>>>();
  const general: string[] = [];
  for (const { path, message } of error.errors ?? []) {
    const [, at, name, part] = /^body\.items\.(\d+)\.(\w+)(?:\.\w+)*?(?:\.(\d+))?$/.exec(path) ?? [];
    const rule = rules[Number(at ?? -1)];
    const field = FIELDS.find((one) => one === name);
    if (!rule || !field) general.push(message);
    else {
      const text = inWords(rule, field, Number(part ?? -1), message);
      found.set(rule.key, { [field]: text, ...found.get(rule.key) });
    }
  }
  const others = found.size > 0 ? "" : error.message;
  return { general: general.join(" ") || others, rules: found };
}

/** An objection for people. @param at which of the words, domains or conversations it is about; -1: all */
function inWords(rule: RuleDraft, field: Field, at: number, message: string): string {
  const what = (field === "except" ? exceptionsOf(rule) : matchesOf(rule))[at];
  if (field === "except" && what !== undefined) return st("rules.exceptFlaw", { what });
  if (field === "match" && matchesOf(rule).length === 0) return st("rules.matchFlaw");
  return what === undefined ? message : `${what}: ${message}`;
}
