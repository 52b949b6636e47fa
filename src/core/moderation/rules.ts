import type { ConversationId } from "../../domain/ids.ts";
import { compileRules, type Verdict } from "../../domain/moderation/rules/compile.ts";
import type { ModerationRules } from "../../domain/moderation/rules/rule.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { findRules, storeRules } from "../../storage/moderation/rules.ts";
import type { Core } from "../context.ts";
import { auditEntry, requireActing } from "./staff.ts";

/** The rules that the texts of users are checked against. */
export async function readRules(core: Core): Promise<ModerationRules> {
  return (await findRules(core.db, null)).rules ?? [];
}

/**
 * Replaces all rules. They hold everywhere within a minute.
 * @throws `forbidden` for an auditor
 */
export async function replaceRules(
  core: Core,
  staff: Staff,
  rules: ModerationRules,
  reason: string,
): Promise<void> {
  requireActing(staff);
  await storeRules(core.db, rules, auditEntry(staff, "rules_changed", {}, reason));
}

/**
 * What rules say of a text, without a message.
 * @param rules absent: those that hold
 * @param conversationId the conversation that the text would be in; absent: one that no rule leaves out
 */
export async function tryRules(
  core: Core,
  text: string,
  rules: ModerationRules | undefined,
  conversationId: ConversationId | undefined,
): Promise<Verdict> {
  return compileRules(rules ?? (await readRules(core))).check(text, conversationId ?? null);
}
