import { type Command, languagesFor, type OfferedCommand } from "../../domain/bots/command.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findCommands, findCommandsOf, storeCommands } from "../../storage/bots/commands.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";

/**
 * Replaces the commands of the caller in one language, `""`: of all others. None: the language has no list of
 * its own. Idempotent.
 * @throws `forbidden` for a caller who is no bot; `refused` for a text that rules refuse
 */
export async function setCommands(
  core: Core,
  bot: UserId,
  language: string,
  commands: Command[],
): Promise<void> {
  const texts = commands.flatMap(({ command, description, arguments: rest }) => [command, description, rest]);
  await requireOutOfShadow(core, bot);
  await requireAllowed(core, { command: texts });
  if (await storeCommands(core.db, bot, language.toLowerCase(), commands)) return;
  throw new CoreError("forbidden", "Only a bot has commands.");
}

/** The commands of the caller in exactly this language. */
export function getCommands(core: Core, bot: UserId, language: string): Promise<Command[]> {
  return findCommands(core.db, bot, language.toLowerCase());
}

/**
 * What the bots of a conversation offer, each in the language that is asked for, in the same one of another
 * country, or in that for all.
 * @throws `not_found` unless the caller is a member
 */
export async function commandsIn(
  core: Core,
  caller: UserId,
  id: ConversationId,
  language: string,
): Promise<OfferedCommand[]> {
  const bots = await core.conversations.bots(id, { userId: caller });
  if (bots.length === 0) return [];
  const languages = languagesFor(language);
  const found = await findCommandsOf(core.db, bots, languages);
  const place = (row: { language: string }) => languages.indexOf(row.language);
  return bots.flatMap((botId) => {
    const [best] = found.filter(({ bot }) => bot.id === botId).sort((a, b) => place(a) - place(b));
    return best ? best.commands.map((command) => ({ ...command, bot: best.bot })) : [];
  });
}
