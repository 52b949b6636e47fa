import type { Message } from "parley-client";
import type { FoundUser, Member } from "parley-client/people";
import { mentionsOf, namesIn } from "../markup/mentions.ts";
import { type Mentioned, Names, namesOf } from "../markup/names.ts";

/** The server takes so many ids. */
const MAX_MENTIONS = 100;

/** Who may be named: a member of a group, or a reader of a channel. */
export interface Nameable {
  readonly user: Pick<FoundUser, "id" | "username" | "nickname" | "avatar">;
  /** what a member is called in a group; empty or absent: nothing else */
  readonly name_card?: Member["name_card"];
}

/** Whom a text mentions. */
export type Mentions = number[] | "all";

/** The names of the members of a group, for each list of members. */
const namesOfMembers = new WeakMap<readonly Nameable[], Names>();

/** How a text names a member: by nickname, or by username where the nickname does not name them. */
export function mentionOf(member: Nameable, members: readonly Nameable[]): string {
  const name = member.user.nickname || member.user.username;
  const [found] = mentionsOf(`@${name}`, [namesAmong(members)]);
  return `@${found?.id === member.user.id && found.name === name ? name : member.user.username}`;
}

/**
 * Whom a text mentions: everybody, or the members whose names it draws as mentions.
 * @param kept whom the user has picked, and who was named before: they keep their words
 */
export function mentionsIn(
  text: string,
  members: readonly Nameable[],
  kept: readonly Mentioned[] = [],
): Mentions {
  const ids = new Set(mentionsOf(text, [new Names(kept), namesAmong(members)]).map(({ id }) => id));
  return ids.has(0) ? "all" : [...ids].slice(0, MAX_MENTIONS);
}

/** Whom a message mentions once it has another text: as before, where the text is as before. */
export function mentionsOfEdit(
  { mentions }: Pick<Message, "mentions">,
  [before, now]: readonly [string, string],
  members: readonly Nameable[],
  picked: readonly Mentioned[],
): Mentions {
  const users = members.map(({ user }) => user);
  const kept = mentionsOf(before, namesIn(before, mentions, users));
  const found = mentionsIn(now, members, [...picked, ...kept]);
  const isNamed = (id: number) => kept.some((one) => one.id === id);
  // No word has named them, so none that is gone did.
  if (found === "all" || mentions === "all") return mentions === "all" && !isNamed(0) ? "all" : found;
  return [...new Set([...found, ...mentions.filter((id) => !isNamed(id))])].slice(0, MAX_MENTIONS);
}

function namesAmong(members: readonly Nameable[]): Names {
  const known = namesOfMembers.get(members);
  if (known) return known;
  const users = members.map(({ user }) => user);
  const names = namesOf(users, true);
  namesOfMembers.set(members, names);
  return names;
}
