import { z } from "zod";
import { ConversationId } from "../../ids.ts";
import { textUpTo } from "../../text.ts";
import { asciiHost } from "./domains.ts";
import { PatternFlaw, parsePattern } from "./pattern-syntax.ts";

/** The limits of the rules together. They bound what the check of one text costs. */
export const RULE_LIMITS = {
  rules: 500,
  words: 2_000,
  patterns: 200,
  domains: 2_000,
  /** code points of a word, with the spaces of a phrase */
  word: 64,
  /** UTF-16 units of a pattern */
  pattern: 256,
  /** conversations that a rule leaves out */
  except: 100,
  /** characters that the patterns of all rules match, as `parsePattern` counts them */
  patternSize: 4_000,
  /** different sets of characters in the patterns of all rules: each character of a text is looked for in each */
  sets: 100,
};

/** A rule's id: 1–64 characters of `a-z`, `0-9`, `_` and `-`, chosen by the caller. */
export const RuleId = z
  .string()
  .regex(/^[a-z0-9_-]{1,64}$/, "must be 1 to 64 characters of a-z, 0-9, _ and -")
  .brand<"RuleId">();
export type RuleId = z.infer<typeof RuleId>;

/** What happens to a text that a rule matches. */
export const RuleAction = z.enum(["refuse", "hold", "flag", "mask"]);
export type RuleAction = z.infer<typeof RuleAction>;

const Word = textUpTo(RULE_LIMITS.word).regex(
  /^[\p{L}\p{N}](?:.*[\p{L}\p{N}\p{M}])?$/u,
  "must begin and end with a letter or a digit; a pattern can match other signs",
);

const Pattern = z
  .string()
  .max(RULE_LIMITS.pattern)
  .superRefine((source, context) => {
    const flaw = flawOf(source);
    if (flaw !== null) context.addIssue({ code: "custom", message: flaw, input: source });
  });

const Domain = z
  .string()
  .max(253)
  .refine((domain) => asciiHost(domain) !== null, "must be a domain such as evil.example, without a path");

/** What a rule looks for: words and phrases, a regular expression, or domains with their subdomains. */
const RuleMatch = z.union([
  z.strictObject({ words: z.array(Word).min(1).max(RULE_LIMITS.words) }),
  z.strictObject({ pattern: Pattern }),
  z.strictObject({ domains: z.array(Domain).min(1).max(RULE_LIMITS.domains) }),
]);

/** A rule that the texts of users are checked against, except in some conversations. */
export const ModerationRule = z.strictObject({
  id: RuleId,
  match: RuleMatch,
  except: z.array(ConversationId).max(RULE_LIMITS.except).optional(),
  action: RuleAction,
});
export type ModerationRule = z.infer<typeof ModerationRule>;

/** All rules of a deployment, in any order. */
export const ModerationRules = z
  .array(ModerationRule)
  .max(RULE_LIMITS.rules)
  .superRefine((rules, context) => {
    const add = (message: string) => context.addIssue({ code: "custom", message, input: rules });
    const ids = new Set<string>();
    for (const { id } of rules) {
      if (ids.has(id)) add(`two rules have the id ${id}`);
      ids.add(id);
    }
    const words = rules.flatMap(({ match }) => ("words" in match ? match.words : []));
    const patterns = rules.flatMap(({ match }) => ("pattern" in match ? [match.pattern] : []));
    const domains = rules.flatMap(({ match }) => ("domains" in match ? match.domains : []));
    for (const [name, { length }] of Object.entries({ words, patterns, domains })) {
      const max = Object.entries(RULE_LIMITS).find(([limit]) => limit === name)?.[1] ?? 0;
      if (length > max) add(`at most ${max} ${name} in all rules, not ${length}`);
    }
    if (patterns.length > RULE_LIMITS.patterns || patterns.some((source) => flawOf(source) !== null)) return;
    const parsed = patterns.map(parsePattern);
    const size = parsed.reduce((sum, pattern) => sum + pattern.size, 0);
    if (size > RULE_LIMITS.patternSize)
      add(`the patterns of all rules match at most ${RULE_LIMITS.patternSize} characters, not ${size}`);
    const sets = new Set(parsed.flatMap((pattern) => [...pattern.sets])).size;
    if (sets > RULE_LIMITS.sets)
      add(`the patterns of all rules have at most ${RULE_LIMITS.sets} different sets, not ${sets}`);
  });
export type ModerationRules = z.infer<typeof ModerationRules>;

/** Why a pattern cannot be a rule, or null. */
function flawOf(source: string): string | null {
  try {
    parsePattern(source);
    return null;
  } catch (error) {
    if (error instanceof PatternFlaw) return error.message;
    throw error;
  }
}
