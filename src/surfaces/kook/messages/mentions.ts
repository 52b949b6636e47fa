import type { Person } from "../../../domain/accounts/person.ts";
import { namedAt } from "../../../domain/markup/named-people.ts";
import { isBehindWord, isInWord } from "../../../domain/markup/words.ts";
import { type Draft, type Message, usersMentioned } from "../../../domain/messages/message.ts";
import type { SpaceRole } from "../../../domain/spaces/role.ts";

/**
 * A mention in KMarkdown, as `(met)100001(met)`, `(met)all(met)`, `(met)here(met)`, or of a role
 * `(rol)1(rol)`. Links to channels, as `(chn)1(chn)`, stay what is written.
 */
const MENTION = /(?<!\\)\((?:met\)(\d{1,16}|all|here)\(met|rol\)(\d{1,16})\(rol)\)/g;

/** How everybody is mentioned. */
const ALL = "all";
/** How all who are online are. */
const HERE = "here";

/** Users and roles whose names are known. */
export interface Named {
  people: readonly Person[];
  roles: readonly Pick<SpaceRole, "id" | "name">[];
}

export const NOBODY_NAMED: Named = { people: [], roles: [] };

/** The users and the roles that KMarkdown mentions, by their numbers. */
export function mentionedIn(kmarkdown: string): { users: number[]; roles: number[] } {
  const found = [...kmarkdown.matchAll(MENTION)];
  const numbers = (group: 1 | 2) =>
    found.flatMap(({ [group]: who }) =>
      who === undefined || who === ALL || who === HERE ? [] : Number(who),
    );
  return { users: [...new Set(numbers(1))], roles: [...new Set(numbers(2))] };
}

/** Whom KMarkdown mentions of those who can be. */
export function mentionsOf(
  kmarkdown: string,
  { people, roles }: Named,
): Pick<Draft, "mentions" | "alsoMentioned" | "roleMentions"> {
  const ids = people.map(({ id }) => id);
  const words = new Set([...kmarkdown.matchAll(MENTION)].map(([, who]) => who));
  const here = words.has(HERE);
  const roleMentions = (here || roles.length > 0) && {
    roleMentions: { roles: roles.map(({ id }) => id), here },
  };
  if (!words.has(ALL)) return { mentions: ids, ...roleMentions };
  return { mentions: ALL, ...(ids.length > 0 && { alsoMentioned: ids }), ...roleMentions };
}

/** KMarkdown with its mentions as other APIs write them: `@ann`, `@all`, `@here`, `@Design`. */
export function withNames(kmarkdown: string, { people, roles }: Named): string {
  const names = new Map(people.map(({ id, username }) => [String(id), username]));
  const roleNames = new Map(roles.map(({ id, name }) => [String(id), name]));
  return kmarkdown.replace(
    MENTION,
    (written, who: string | undefined, role: string | undefined, at: number) => {
      const word = who === ALL || who === HERE ? who : undefined;
      const name = word ?? (role === undefined ? names.get(who ?? "") : roleNames.get(role));
      if (name === undefined) return written;
      const end = at + written.length;
      const isBeside = isInWord(`${name}${kmarkdown.slice(end, end + 2)}`, name.length);
      return `${isBehindWord(kmarkdown, at) ? " " : ""}@${name}${isBeside ? " " : ""}`;
    },
  );
}

/** Whom a message mentions. `people`: those whose names are known. */
export interface Mentioned {
  people: readonly Person[];
  all: boolean;
  here: boolean;
}

/** A message mentions nobody. */
export const NOBODY_MENTIONED: Mentioned = { people: [], all: false, here: false };

/** @param known users who may be among those whom the message mentions */
export function mentionedBy(message: Message, known: readonly Person[]): Mentioned {
  const ids = usersMentioned(message);
  const people = known.filter(({ id }) => ids.includes(id));
  return { people, all: message.mentions === "all", here: message.roleMentions?.here ?? false };
}

/** A text with its mentions as KMarkdown. @param asKMarkdown makes the rest KMarkdown */
export function withMentions(
  text: string,
  { people, all, here }: Mentioned,
  asKMarkdown: (text: string) => string,
): string {
  const words = [...(all ? [ALL] : []), ...(here ? [HERE] : [])];
  if (people.length === 0 && words.length === 0) return asKMarkdown(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (isBehindWord(text, at)) continue;
    const word = words.find((one) => text.startsWith(one, at + 1) && !isInWord(text, at + 1 + one.length));
    const found = word ? { id: word, to: at + 1 + word.length } : namedAt(people, text, at + 1);
    if (!found) continue;
    parts.push(asKMarkdown(text.slice(from, at)), `(met)${found.id}(met)`);
    from = found.to;
  }
  return [...parts, asKMarkdown(text.slice(from))].join("");
}

/** What this API says of whom a message mentions, beside its text. */
export function mentionFields(message: Pick<Message, "mentions" | "alsoMentioned" | "roleMentions">) {
  const { roles, here } = message.roleMentions ?? { roles: [], here: false };
  return {
    mention: usersMentioned(message).map(String),
    ...{ mention_all: message.mentions === "all", mention_roles: roles, mention_here: here },
  };
}
