import type { NewMessage } from "parley-client";
import type { Member } from "parley-client/people";
import { insert } from "parley-react";
import type { Mentioned } from "parley-react/markup";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAccount } from "../../state/context.ts";
import type { Emoji } from "../../ui/emoji/emoji.ts";
import type { Suggestion } from "./suggest.ts";

/** What is being named before the caret: a member, or an emoji of two letters at least. */
const NAMED = /(?:^|[^\w@])@([^\s@]{0,32})$|(?:^|[^\w:]):([a-z0-9_+-]{2,32})$/iu;
/** An emoji whose name was written to its end. */
const WHOLE = /(?:^|[^\w:]):([a-z0-9_+-]{2,32}):$/iu;

/** What finds suggestions and mentions. It is loaded before a name is begun, so that it is there offline. */
let source: typeof import("./suggest.ts") | undefined;

async function load(): Promise<NonNullable<typeof source>> {
  source ??= await import("./suggest.ts");
  return source;
}

/** The suggestions for what is being written. */
export interface Completion {
  readonly suggestions: readonly Suggestion[];
  /** the place of the one that Enter takes */
  readonly active: number;
  /** Tell it of each change of the text. */
  typed(field: HTMLTextAreaElement): void;
  /** Tell it that the caret may be elsewhere. That alone suggests nothing new. */
  moved(field: HTMLTextAreaElement): void;
  /** @returns whether the key was for the suggestions */
  onKeyDown(event: KeyboardEvent, field: HTMLTextAreaElement): boolean;
  choose(suggestion: Suggestion, field: HTMLTextAreaElement): void;
  close(): void;
  /** the members who were chosen, by the words that stand for them */
  readonly picked: readonly Mentioned[];
  /** Whom a text mentions. `later`: that is found out before it is sent */
  mentions(text: string): NonNullable<NewMessage["mentions"]>;
}

interface Begun {
  readonly kind: "member" | "emoji";
  readonly query: string;
  /** where it begins in the text, with its sign */
  readonly from: number;
}

/**
 * Completes `@name` by the members of a group and `:name:` by emoji.
 * @param members undefined: they are not known yet
 */
export function useCompletion(isGroup: boolean, members: readonly Member[] | undefined): Completion {
  const { me } = useAccount();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [active, setActive] = useState(0);
  const [emoji, setEmoji] = useState<readonly (readonly Emoji[])[]>([]);
  const [find, setFind] = useState(source);
  const picked = useRef<Mentioned[]>([]);
  const wantsEmoji = begun?.kind === "emoji";
  const isWanted = isGroup || begun !== null;
  useEffect(() => {
    if (!isWanted) return;
    const loading = load().then(async (now) => {
      setFind(now);
      if (wantsEmoji) setEmoji(await now.loadEmoji());
    });
    loading.catch(() => {});
  }, [isWanted, wantsEmoji]);

  const others = members?.filter(({ user }) => user.id !== me);
  const suggestions =
    !begun || !find
      ? []
      : begun.kind === "emoji"
        ? find.suggestEmoji(begun.query, emoji)
        : find.suggestMembers(begun.query, members ?? [], others ?? []);
  const close = () => setBegun(null);
  const choose = ({ text, emoji: one, user }: Suggestion, field: HTMLTextAreaElement) => {
    if (!begun) return;
    if (one) find?.notePicked(one);
    if (user) picked.current.push({ id: user.id, name: text.slice(1), isUsername: false });
    insert(field, `${text} `, begun.from, field.selectionStart);
    close();
  };
  const typed = (field: HTMLTextAreaElement) => {
    const before = field.value.slice(0, field.selectionStart);
    const [, member, name] = (field.selectionStart === field.selectionEnd && NAMED.exec(before)) || [];
    const query = member ?? name;
    if (query === undefined || (member !== undefined && !isGroup)) {
      close();
      const [, whole] = WHOLE.exec(before) ?? [];
      if (whole)
        load()
          .then(({ replaceName }) => replaceName(field, before, whole))
          .catch(() => {});
      return;
    }
    const from = before.length - query.length - 1;
    if (begun?.from === from && begun.query === query) return;
    setBegun({ kind: member === undefined ? "emoji" : "member", query, from });
    setActive(0);
  };
  return {
    ...{ suggestions, active: Math.min(active, suggestions.length - 1), close, choose, typed },
    moved: (field) => begun && typed(field),
    picked: picked.current,
    mentions: (text) => {
      if (!isGroup || !text.includes("@")) return [];
      return source && members ? source.mentionsIn(text, members, picked.current) : "later";
    },
    onKeyDown: (event, field) => {
      const chosen = suggestions[Math.min(active, suggestions.length - 1)];
      if (!chosen) return false;
      const { length } = suggestions;
      if (event.key === "ArrowDown") setActive((active + 1) % length);
      else if (event.key === "ArrowUp") setActive((active + length - 1) % length);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(chosen, field);
      else if (event.key === "Escape") close();
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}
