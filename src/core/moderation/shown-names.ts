import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { type CompiledRules, compileRules } from "../../domain/moderation/rules/compile.ts";
import { findRules } from "../../storage/moderation/rules.ts";
import type { Core } from "../context.ts";

/** The rules as this isolate has compiled them, which takes up to 0.2 s. */
let known: { version: number; compiled: CompiledRules } | undefined;

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
  const { version, rules } = await findRules(core.db, known?.version ?? null);
  if (rules) known = { version, compiled: compileRules(rules) };
  const compiled = known?.compiled;
  for (const text of shown) {
    const { action } = compiled?.check(text, conversation) ?? { action: null };
    if (action === "refuse" || action === "mask")
      throw new CoreError("refused", "A name or a description like this is not allowed here.");
  }
}
