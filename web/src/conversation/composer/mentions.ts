import type { Member } from "parley-client/people";
import { nameOf } from "../../lib/names.ts";

/** What mentions everybody, in each language of the page. */
const ALL = ["@all", "@所有人"];
/** The server takes so many ids. */
const MAX_MENTIONS = 100;

/** Whom a text mentions. */
export type Mentions = number[] | "all";

/** How a text names a member: by name, or by the username where several have that name. */
export function mentionOf(member: Member, members: readonly Member[]): string {
  const name = nameOf(member.user);
  const isAlone = members.every(({ user }) => user.id === member.user.id || nameOf(user) !== name);
  return `@${isAlone && !/[\r\n]/.test(name) ? name : member.user.username}`;
}

/** Whom a text mentions: the members whose names stand behind an `@`. */
export function mentionsIn(text: string, members: readonly Member[]): Mentions {
  const names = new Map<string, number | "all">(ALL.map((name) => [name, "all"]));
  for (const member of members) {
    names.set(`@${member.user.username}`, member.user.id);
    names.set(mentionOf(member, members), member.user.id);
  }
  // "@Ann Lee" is not "@Ann".
  const longestFirst = [...names].toSorted(([a], [b]) => b.length - a.length);
  const found = new Set<number | "all">();
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const rest = text.slice(at);
    const [, id] = longestFirst.find(([name]) => rest.startsWith(name) && endsAfter(rest, name)) ?? [];
    if (id !== undefined) found.add(id);
  }
  if (found.has("all")) return "all";
  return [...found].filter((id) => id !== "all").slice(0, MAX_MENTIONS);
}

/** Whether no word goes on behind a name. Chinese has no blanks between words. */
function endsAfter(text: string, name: string): boolean {
  return !(/\w$/.test(name) && /^\w/.test(text.slice(name.length)));
}
