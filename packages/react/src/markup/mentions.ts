import type { Message } from "parley-client";
import { parseMarkup } from "../../../../src/domain/markup/blocks.ts";
import { type Block, type Inline, linesOf } from "../../../../src/domain/markup/tree.ts";
import { type Mentioned, type NamedUser, Names, namesOf } from "./names.ts";

type Mentions = Message["mentions"];

/** A word behind an `@` that names nobody whom the page knows, as far as a name may go. */
const UNKNOWN = /(?<![\p{L}\p{M}\p{N}])@[\p{L}\p{M}\p{N}_.-]{0,63}[\p{L}\p{M}\p{N}]/gu;

/**
 * The names by which a text that is stored names the users whom it mentions. A user may be called otherwise
 * by now: if as many words behind an `@` name nobody as users are not named, each stands for one.
 * @param users those whom it mentions, as far as they are known
 */
export function namesIn(text: string, mentions: Mentions, users: readonly NamedUser[]): readonly Names[] {
  const names = namesOf(mentions === "all" ? [] : users, mentions === "all");
  if (mentions === "all") return [names];
  const { found, unknown } = read(parseMarkup(text, [names]));
  const named = new Set(found.map(({ id }) => id));
  const missing = mentions.filter((id) => !named.has(id));
  if (missing.length === 0 || missing.length !== unknown.length) return [names];
  return [names, new Names(unknown.map((name, i) => ({ id: missing[i] ?? 0, name, isUsername: false })))];
}

/** Whom a text mentions, in its order, with the words that name them. */
export function mentionsOf(text: string, names: readonly Names[]): readonly Mentioned[] {
  return read(parseMarkup(text, names)).found;
}

/** The users who are named in a text, and the words behind an `@` that name nobody. */
function read(blocks: readonly Block[]): { found: Mentioned[]; unknown: string[] } {
  const found: Mentioned[] = [];
  const unknown = new Set<string>();
  const line = (nodes: readonly Inline[]) => {
    for (const node of nodes) {
      if (node.type === "mention") found.push({ id: node.id, name: node.text.slice(1), isUsername: false });
      else if ("children" in node) line(node.children);
      else if (node.type === "text")
        for (const [word] of node.text.matchAll(UNKNOWN)) unknown.add(word.slice(1));
    }
  };
  linesOf(blocks).forEach(line);
  return { found, unknown: [...unknown] };
}
