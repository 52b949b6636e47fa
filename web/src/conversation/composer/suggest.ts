import type { Chat, components } from "parley-client";
import { insert } from "parley-react/composer";
import { MAX_SHOWN, type Suggestion as MemberSuggestion } from "parley-react/mentions";
import { nameOf } from "../../lib/names.ts";
import { type Emoji, findEmoji, loadEmoji, toned } from "../../ui/emoji/emoji.ts";
import { notePicked, skinTone } from "../../ui/emoji/picked.ts";

export { loadEmoji, notePicked };

/** A command of a bot of the conversation. */
export type Command = components["schemas"]["OfferedCommand"];

/** What may stand in the place of what was begun: a member, everybody, an emoji or a command. */
export interface Suggestion extends MemberSuggestion {
  /** the emoji that is shown */
  readonly emoji?: string;
}

/** The emoji that a name of two letters or more may mean. */
export function suggestEmoji(query: string, groups: readonly (readonly Emoji[])[]): Suggestion[] {
  return findEmoji(groups, query, MAX_SHOWN).map((one) => {
    const emoji = toned(one, skinTone.value);
    return { key: one.text, text: emoji, label: `:${one.names[0]}:`, detail: one.label, emoji };
  });
}

/**
 * Puts an emoji in the place of its name, once the colon behind the name is written.
 * @param before the text up to that colon
 */
export async function replaceName(field: HTMLTextAreaElement, before: string, name: string): Promise<void> {
  const groups = await loadEmoji();
  const found = groups.flat().find(({ names }) => names.includes(name.toLowerCase()));
  // The user has written on, elsewhere.
  if (!found || field.value.slice(0, before.length) !== before) return;
  const { selectionStart: caret } = field;
  const text = toned(found, skinTone.value);
  insert(field, text, before.length - name.length - 2, before.length);
  const to = caret - name.length - 2 + text.length;
  field.setSelectionRange(to, to);
}

/** The commands of the bots of a conversation, in the language of the page. */
export async function loadCommands({ api }: Chat, id: number): Promise<readonly Command[]> {
  const query = { language: document.documentElement.lang };
  return (await api.call("get", "/v1/conversations/{id}/commands", { path: { id }, query })).items;
}

/** The commands that begin with what was written. One that two bots have names its bot. */
export function suggestCommands(query: string, commands: readonly Command[]): Suggestion[] {
  const begun = commands.filter(({ command }) => command.startsWith(query.toLowerCase()));
  return begun.slice(0, MAX_SHOWN).map(({ command, description, arguments: words, bot }) => {
    const isShared = commands.some((one) => one.command === command && one.bot.id !== bot.id);
    const text = `/${command}${isShared ? `@${bot.username}` : ""}`;
    const label = words ? `${text} ${words}` : text;
    const user = { id: bot.id, name: nameOf(bot), picture: bot.avatar };
    return { key: `${bot.id} ${command}`, text, label, detail: description, user };
  });
}
