import type { Member } from "parley-client/people";
import { insert } from "parley-react";
import { mentionOf } from "parley-react/mentions";
import { comparisonForm, hasWords, wordsOf } from "parley-react/text";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { type Emoji, findEmoji, loadEmoji, toned } from "../../ui/emoji/emoji.ts";
import { notePicked, skinTone } from "../../ui/emoji/picked.ts";

export { mentionsIn } from "parley-react/mentions";
// It is there when a message leaves whose members were not known.
export { resolveMentions } from "./resolve.ts";
export { loadEmoji, notePicked };

/** What may stand in the place of what was begun. */
export interface Suggestion {
  readonly key: string;
  /** what is put into the text */
  readonly text: string;
  readonly label: string;
  readonly detail: string;
  /** the user whose picture is shown */
  readonly user?: { id: number; name: string; picture: string };
  /** the emoji that is shown */
  readonly emoji?: string;
}

/** So many suggestions are shown at a time. */
const MAX_SHOWN = 8;

/** The members whom a text may name, and everybody. @param others the members without the user */
export function suggestMembers(
  query: string,
  members: readonly Member[],
  others: readonly Member[],
): Suggestion[] {
  const words = wordsOf(query);
  const found = others.filter(({ user, name_card: card }) =>
    hasWords(words, user.nickname, user.username, card),
  );
  const begin = comparisonForm(query);
  const isAll = ["all", t("composer.all")].some((name) => comparisonForm(name).startsWith(begin));
  const everybody = {
    ...{ key: "all", text: `@${t("composer.all")}`, label: t("composer.all") },
    detail: t("composer.all.detail"),
  };
  const named = found.slice(0, MAX_SHOWN).map((member) => {
    const { id, username, avatar } = member.user;
    const name = nameOf(member.user);
    const detail = member.name_card || (name === username ? "" : username);
    const text = mentionOf(member, members);
    return { key: String(id), text, label: name, detail, user: { id, name, picture: avatar } };
  });
  return isAll && others.length > 0 ? [...named, everybody] : named;
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
