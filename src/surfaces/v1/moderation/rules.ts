import { z } from "@hono/zod-openapi";
import { readRules, replaceRules, tryRules } from "../../../core/moderation/rules.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { ModerationRules, RuleAction, RuleId } from "../../../domain/moderation/rules/rule.ts";
import { textUpTo } from "../../../domain/text.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { reasonOf, staffRoute } from "./staff.ts";

const Rules = ModerationRules.clone().openapi("ModerationRules", {
  description:
    "Words are compared by what they look like: after NFKC, whatever their case, with look-alikes and signs that stand for letters. A pattern is a regular expression of RE2, whatever the case. A domain stands for its subdomains too",
});

const Version = z.int().nonnegative();

const RulesAnswer = z
  .object({
    items: Rules,
    version: Version.openapi({ description: "It rises with each change; 0 before the first" }),
  })
  .openapi("ModerationRuleList");

const RulesInput = z
  .strictObject({
    items: Rules,
    version: Version.optional().openapi({
      description:
        "The version that you have read: `conflict` if it is not the present one. Absent: whatever there is",
    }),
  })
  .openapi("ModerationRulesInput");

const RulesTrial = z
  .strictObject({
    text: textUpTo(LIMITS.textLength),
    items: Rules.optional().openapi({ description: "Rules to try; absent: those that hold" }),
    conversation_id: ConversationId.optional().openapi({
      description: "The conversation that the text would be in; absent: one that no rule leaves out",
    }),
  })
  .openapi("ModerationRulesTrial");

const RulesVerdict = z
  .object({
    action: RuleAction.nullable().openapi({ description: "The strongest action; null: no rule matches" }),
    rules: z.array(RuleId).openapi({ description: "The rules that match" }),
    text: z.string().openapi({ description: "The text as it would be stored" }),
  })
  .openapi("ModerationRulesVerdict");

const listRoute = staffRoute("get", "/v1/moderation/rules", {
  operationId: "listModerationRules",
  summary: "The rules that messages are checked against",
  responses: { 200: jsonAnswer("All rules", RulesAnswer) },
});

const replaceRoute = staffRoute("put", "/v1/moderation/rules", {
  operationId: "replaceModerationRules",
  summary: "Replace the rules",
  description:
    "They are checked before a message is stored and before an edit, over all APIs, and hold everywhere within a minute. Of several that match, the strongest holds: `refuse`, `hold`, `mask`, `flag`. The header `Parley-Reason` may say why, percent-encoded.",
  request: { body: jsonBody(RulesInput) },
  responses: {
    200: jsonAnswer("All rules", RulesAnswer),
    ...problems("validation_failed", "forbidden", "conflict"),
  },
});

const tryRoute = staffRoute("post", "/v1/moderation/rules/trial", {
  operationId: "tryModerationRules",
  summary: "What rules would do with a text",
  description: "Nothing is stored.",
  request: { body: jsonBody(RulesTrial) },
  responses: { 200: jsonAnswer("What they say", RulesVerdict), ...problems("validation_failed") },
});

export const moderationRules = v1Router()
  .openapi(listRoute, async (c) => {
    const { rules: items, version } = await readRules(c.var.core);
    return c.json({ items, version }, 200);
  })
  .openapi(replaceRoute, async (c) => {
    const { items, version: known } = c.req.valid("json");
    const version = await replaceRules(c.var.core, c.var.staff, items, known, reasonOf(c.req));
    return c.json({ items, version }, 200);
  })
  .openapi(tryRoute, async (c) => {
    const { text, items, conversation_id: conversationId } = c.req.valid("json");
    const verdict = await tryRules(c.var.core, text, items, conversationId);
    const stored = verdict.action === "mask" ? verdict.text : text;
    return c.json({ action: verdict.action, rules: verdict.rules, text: stored }, 200);
  });
