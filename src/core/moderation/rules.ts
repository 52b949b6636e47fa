import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { compileRules, type Verdict } from "../../domain/moderation/rules/compile.ts";
import type { ModerationRules } from "../../domain/moderation/rules/rule.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { findRules, storeRules } from "../../storage/moderation/rules.ts";
import type { Core } from "../context.ts";
import { auditEntry, requireActing } from "./staff.ts";

/** The rules that the texts of users are checked against, and their version: 0 before the first change. */
export async function readRules(core: Core): Promise<{ rules: ModerationRules; version: number }> {
  const { rules, version } = await findRules(core.db, null);
  return { rules: rules ?? [], version };
}

/**
 * Replaces all rules. They hold everywhere within a minute.
 * @param known the version that they replace; undefined: whichever there is
 * @returns their version
 * @throws `forbidden` for an auditor; `conflict` if the present version is another than `known`
 */
export async function replaceRules(
  core: Core,
  staff: Staff,
  rules: ModerationRules,
  known: number | undefined,
  reason: string,
): Promise<number> {
  requireActing(staff);
  const version = await storeRules(core.db, rules, known, auditEntry(staff, "rules_changed", {}, reason));
  if (version === null) throw new CoreError("conflict", "Somebody else has changed the rules meanwhile.");
  return version;
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
  return compileRules(rules ?? (await readRules(core)).rules).check(text, conversationId ?? null);
}
