import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { CompiledRules } from "../../domain/moderation/rules/compile.ts";
import { letsShow } from "../../domain/moderation/rules/shown.ts";
import type { RefusedText } from "../../domain/moderation/shown-text.ts";
import { findRules } from "../../storage/moderation/rules.ts";
import type { Core } from "../context.ts";

/** The texts of a call that others will be shown, by what they are; absent and empty ones are let through. */
type Texts = { [Text in RefusedText]?: string | readonly (string | undefined)[] | undefined };

/** They may come as often as messages: the rules are as old as those of messages. */
const FREQUENT: ReadonlySet<string> = new Set<RefusedText>(["tap_answer", "group_data"]);

/**
 * Checks texts that others are shown against the rules, before they change. A text that would be masked is
 * refused too: a name with asterisks names nobody.
 * @param conversation of which they are; null: of none that a rule leaves out
 * @throws `refused`
 */
export async function requireAllowed(
  core: Core,
  texts: Texts,
  conversation: ConversationId | null = null,
): Promise<void> {
  if (!(await areAllowed(core, texts, conversation)))
    throw new CoreError("refused", "A text like this is not allowed here, where others are shown it.");
}

/**
 * Refuses from the shadow what others would notice besides messages. Call it before the change. It is known
 * who is in the shadow as it is for messages.
 * @throws `refused`
 */
export async function requireOutOfShadow(core: Core, userId: UserId): Promise<void> {
  await knownRules(core);
  if (core.rules.ofMessages?.shadowed.has(userId))
    throw new CoreError("refused", "This is not allowed here.");
}

/** Whether rules let others be shown these texts. See `requireAllowed` */
export async function areAllowed(
  core: Core,
  texts: Texts,
  conversation: ConversationId | null,
): Promise<boolean> {
  const given = Object.entries(texts).map(
    ([kind, text]) => [kind, [text ?? []].flat().filter(Boolean)] as const,
  );
  const said = given.filter(([, of]) => of.length > 0);
  if (said.length === 0) return true;
  const isFrequent = said.every(([kind]) => FREQUENT.has(kind));
  const rules = await (isFrequent ? knownRules(core) : readRules(core));
  return said.every(([, of]) =>
    of.every((text) => text === undefined || letsShow(rules, text, conversation)),
  );
}

function readRules(core: Core): Promise<CompiledRules | null> {
  return core.rules.read((known) => findRules(core.db, known));
}

/** The rules as the isolate knows them, if it has read them a moment ago. */
async function knownRules(core: Core): Promise<CompiledRules | null> {
  const { readAt, ofMessages } = core.rules;
  // After the clock was put back, rules of the future are as old as they are far away.
  const isFresh = Math.abs(Date.now() - readAt) < core.timing.rules.keepMs;
  return isFresh ? (ofMessages?.texts ?? null) : readRules(core);
}
