import type { components, Message } from "parley-client";
import type { FoundUser, Member } from "parley-client/people";
import { mentionsOf, namesIn } from "../markup/mentions.ts";
import { type Mentioned, Names, namesOf } from "../markup/names.ts";

/** The server takes so many ids. */
const MAX_MENTIONS = 100;
/** And so many of roles. */
const MAX_ROLES = 10;

/** Who may be named: a member of a group, or a reader of a channel. */
export interface Nameable {
  readonly user: Pick<FoundUser, "id" | "username" | "nickname" | "avatar">;
  /** what a member is called in a group; empty or absent: nothing else */
  readonly name_card?: Member["name_card"];
}

/** Whom a text mentions. */
export type Mentions = number[] | "all";

/** A role of a space, which a text in its channels may name. */
export type NameableRole = Pick<components["schemas"]["Role"], "id" | "name">;

/** Whom a text mentions, as the fields of a message have it. */
export interface Named {
  mentions: Mentions;
  mention_roles?: number[];
  /** those who follow the channel and are online */
  mention_here?: true;
}

/** Where a channel finds what its texts name besides readers. */
export interface NamedBesides {
  readonly roles: readonly NameableRole[];
  /** whether `@here` stands for those who are online */
  readonly here: boolean;
}

/** What names those who are online behind an `@`, in the languages of the page. */
const ONLINE: readonly string[] = ["here", "在线成员"];
/** Who is online, in the place of the id of a user. */
const HERE = Number.MIN_SAFE_INTEGER;

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

/** Which roles a text names, and whether those who are online. A name that a member has is theirs. */
export function rolesIn(
  text: string,
  besides: NamedBesides,
  members: readonly Nameable[] = [],
  kept: readonly Mentioned[] = [],
): Omit<Named, "mentions"> {
  const found = mentionsOf(text, [new Names(kept), namesAmong(members), ...namesBesides(besides)]);
  const ids = new Set(found.map(({ id }) => id));
  const roles = besides.roles.filter(({ id }) => ids.has(-id)).slice(0, MAX_ROLES);
  return {
    ...(roles.length > 0 && { mention_roles: roles.map(({ id }) => id) }),
    ...(ids.has(HERE) && { mention_here: true as const }),
  };
}

/** The names of roles, and of those who are online. The id of a role is negative here, as no user's is. */
export function namesBesides({ roles, here }: NamedBesides): Names[] {
  const named = roles.map(({ id, name }) => ({ id: -id, name, isUsername: false }));
  const online = here ? ONLINE.map((name) => ({ id: HERE, name, isUsername: false })) : [];
  return [new Names(named), new Names(online)];
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
