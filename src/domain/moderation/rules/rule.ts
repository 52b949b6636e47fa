import { z } from "zod";
import { ConversationId } from "../../ids.ts";
import { textUpTo } from "../../text.ts";
import { asciiHost } from "./domains.ts";
import { readPattern } from "./patterns.ts";

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
  /** instructions in the programs of all patterns: what a character of a text costs at most */
  patternSize: 4_000,
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

const Word = textUpTo(RULE_LIMITS.word).refine(
  (word) => /^[\p{L}\p{N}](?:.*[\p{L}\p{N}\p{M}])?$/u.test(word),
  "must begin and end with a letter or a digit; a pattern can match other signs",
);

const Pattern = z
  .string()
  .max(RULE_LIMITS.pattern)
  .superRefine((source, context) => {
    const read = readPattern(source);
    if ("flaw" in read) context.addIssue({ code: "custom", message: read.flaw, input: source });
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
const ModerationRule = z.strictObject({
  id: RuleId,
  match: RuleMatch,
  except: z.array(ConversationId).max(RULE_LIMITS.except).optional(),
  action: RuleAction,
});

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
    if (patterns.length > RULE_LIMITS.patterns) return;
    const sizes = patterns
      .map((source) => readPattern(source))
      .map((read) => ("size" in read ? read.size : 0));
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (size > RULE_LIMITS.patternSize)
      add(`the patterns of all rules have at most ${RULE_LIMITS.patternSize} steps, not ${size}`);
  });
export type ModerationRules = z.infer<typeof ModerationRules>;
