import type { Person } from "../../../domain/accounts/person.ts";
import { namedAt } from "../../../domain/markup/named-people.ts";
import { isBehindWord, isInWord } from "../../../domain/markup/words.ts";
import type { Draft, Message } from "../../../domain/messages/message.ts";

/**
 * A mention in KMarkdown, as `(met)100001(met)` or `(met)all(met)`. Others stay what is written: `here`,
 * roles as `(rol)1(rol)`, and links to channels as `(chn)1(chn)`.
 */
const MENTION = /(?<!\\)\(met\)(\d{1,16}|all)\(met\)/g;

/** How everybody is mentioned. */
const ALL = "all";

/** The users whom KMarkdown mentions, by their numbers. */
export function mentionedIn(kmarkdown: string): number[] {
  const found = [...kmarkdown.matchAll(MENTION)].flatMap(([, who]) => (who === ALL ? [] : Number(who)));
  return [...new Set(found)];
}

/** Whom KMarkdown mentions of those who can be. */
export function mentionsOf(
  kmarkdown: string,
  people: readonly Person[],
): Pick<Draft, "mentions" | "alsoMentioned"> {
  const ids = people.map(({ id }) => id);
  if (![...kmarkdown.matchAll(MENTION)].some(([, who]) => who === ALL)) return { mentions: ids };
  return { mentions: ALL, ...(ids.length > 0 && { alsoMentioned: ids }) };
}

/** KMarkdown with its mentions as other APIs write them: `@ann`, `@all`. */
export function withNames(kmarkdown: string, people: readonly Person[]): string {
  const names = new Map(people.map(({ id, username }) => [String(id), username]));
  return kmarkdown.replace(MENTION, (written, who: string, at: number) => {
    const name = who === ALL ? ALL : names.get(who);
    if (name === undefined) return written;
    const end = at + written.length;
    const isBeside = isInWord(`${name}${kmarkdown.slice(end, end + 2)}`, name.length);
    return `${isBehindWord(kmarkdown, at) ? " " : ""}@${name}${isBeside ? " " : ""}`;
  });
}

/** Whom a message mentions. `people`: those whose names are known. */
export interface Mentioned {
  people: readonly Person[];
  all: boolean;
}

/** A message mentions nobody. */
export const NOBODY_MENTIONED: Mentioned = { people: [], all: false };

/** The users whom a message mentions. */
export function usersMentioned({
  mentions,
  alsoMentioned = [],
}: Pick<Message, "mentions" | "alsoMentioned">) {
  return mentions === "all" ? alsoMentioned : mentions;
}

/** @param known users who may be among those whom the message mentions */
export function mentionedBy(message: Message, known: readonly Person[]): Mentioned {
  const ids = usersMentioned(message);
  return { people: known.filter(({ id }) => ids.includes(id)), all: message.mentions === "all" };
}

/** A text with its mentions as KMarkdown. @param asKMarkdown makes the rest KMarkdown */
export function withMentions(
  text: string,
  { people, all }: Mentioned,
  asKMarkdown: (text: string) => string,
): string {
  if (people.length === 0 && !all) return asKMarkdown(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (isBehindWord(text, at)) continue;
    const isAll = all && text.startsWith(ALL, at + 1) && !isInWord(text, at + 1 + ALL.length);
    const found = isAll ? { id: ALL, to: at + 1 + ALL.length } : namedAt(people, text, at + 1);
    if (!found) continue;
    parts.push(asKMarkdown(text.slice(from, at)), `(met)${found.id}(met)`);
    from = found.to;
  }
  return [...parts, asKMarkdown(text.slice(from))].join("");
}

/** What this API says of whom a message mentions, beside its text. Mentions of roles are not there yet. */
export function mentionFields(message: Pick<Message, "mentions" | "alsoMentioned">) {
  return {
    mention: usersMentioned(message).map(String),
    ...{ mention_all: message.mentions === "all", mention_roles: [], mention_here: false },
  };
}
