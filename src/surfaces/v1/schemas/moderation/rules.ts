import { z } from "@hono/zod-openapi";
import { ConversationId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { ModerationRules, RuleAction, RuleId } from "../../../../domain/moderation/rules/rule.ts";
import { textUpTo } from "../../../../domain/text.ts";

const Rules = ModerationRules.clone().openapi("ModerationRules", {
  description:
    "Words are compared by what they look like: after NFKC, whatever their case, with look-alikes and signs that stand for letters. A pattern is a regular expression of RE2, whatever the case. A domain stands for its subdomains too",
});

const Version = z.int().nonnegative();

export const RulesAnswer = z
  .object({
    items: Rules,
    version: Version.openapi({ description: "It rises with each change; 0 before the first" }),
  })
  .openapi("ModerationRuleList");

export const RulesInput = z
  .strictObject({
    items: Rules,
    version: Version.optional().openapi({
      description:
        "The version that you have read: `conflict` if it is not the present one. Absent: whatever there is",
    }),
  })
  .openapi("ModerationRulesInput");

export const RulesTrial = z
  .strictObject({
    text: textUpTo(LIMITS.textLength),
    items: Rules.optional().openapi({ description: "Rules to try; absent: those that hold" }),
    conversation_id: ConversationId.optional().openapi({
      description: "The conversation that the text would be in; absent: one that no rule leaves out",
    }),
  })
  .openapi("ModerationRulesTrial");

export const RulesVerdict = z
  .object({
    action: RuleAction.nullable().openapi({ description: "The strongest action; null: no rule matches" }),
    rules: z.array(RuleId).openapi({ description: "The rules that match" }),
    text: z.string().openapi({ description: "The text as it would be stored" }),
  })
  .openapi("ModerationRulesVerdict");
