import { comparisonForm } from "../text/comparison.ts";
import { mentionOf, type Nameable } from "./mentions.ts";

/** What may stand in the place of what was begun. */
export interface Suggestion {
  readonly key: string;
  /** what is put into the text */
  readonly text: string;
  readonly label: string;
  readonly detail: string;
  /** the user whose picture may be shown */
  readonly user?: { readonly id: number; readonly name: string; readonly picture: string };
}

/** How everybody is named, in the language of the page: `all` in `@all`, and what that does. */
export interface Everybody {
  readonly name: string;
  readonly detail: string;
}

/** So many suggestions are shown at a time. */
export const MAX_SHOWN = 8;

/**
 * The members whom a text may name, and everybody.
 * @param me the user, who is not suggested
 * @param everybody undefined: the user may not mention all
 * @param others what a text may name besides, as roles of a space
 */
export function suggestMembers(
  query: string,
  members: readonly Nameable[],
  me: number,
  everybody: Everybody | undefined,
  others: readonly Suggestion[] = [],
): Suggestion[] {
  const begin = comparisonForm(query);
  const besides = others.filter(({ label }) => comparisonForm(label).includes(begin));
  const peers = members.filter(({ user }) => user.id !== me);
  const found = peers.filter(({ user, name_card: card = "" }) =>
    comparisonForm([user.nickname, user.username, card].join("\n")).includes(begin),
  );
  const named = found.slice(0, MAX_SHOWN).map((member): Suggestion => {
    const { id, username, nickname, avatar } = member.user;
    const name = nickname || username;
    const detail = member.name_card || (name === username ? "" : username);
    const text = mentionOf(member, members);
    return { key: String(id), text, label: name, detail, user: { id, name, picture: avatar } };
  });
  const all: Suggestion[] = [...named, ...besides.slice(0, MAX_SHOWN)];
  if (!everybody || peers.length === 0) return all;
  const { name, detail } = everybody;
  if (!["all", name].some((one) => comparisonForm(one).startsWith(begin))) return all;
  return [...all, { key: "all", text: `@${name}`, label: name, detail }];
}
