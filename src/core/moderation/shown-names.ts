import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { findRules } from "../../storage/moderation/rules.ts";
import type { Core } from "../context.ts";

/**
 * Checks names and descriptions that strangers read against the rules, before they change. A text that would
 * be masked is refused too: a name with asterisks names nobody. Nothing else can be done with one: it is not
 * held, as its place has to have a name.
 * @param texts absent and empty ones are let through
 * @param conversation of which they are; null: of none that a rule leaves out
 * @throws `refused`
 */
export async function requireAllowed(
  core: Core,
  texts: readonly (string | undefined)[],
  conversation: ConversationId | null = null,
): Promise<void> {
  const shown = texts.flatMap((text) => text || []);
  if (shown.length === 0) return;
  const rules = await core.rules.read((known) => findRules(core.db, known));
  for (const text of shown) {
    const { action } = rules?.check(text, conversation) ?? { action: null };
    if (action === "refuse" || action === "mask")
      throw new CoreError("refused", "A name or a description like this is not allowed here.");
  }
}
