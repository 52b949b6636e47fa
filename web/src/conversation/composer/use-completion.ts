import type { Member } from "parley-client/people";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { comparisonForm } from "../../lib/comparison.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { type Emoji, findEmoji, loadEmoji, notePicked, skinTone, toned } from "../../ui/emoji/emoji.ts";
import { insert } from "./formatting.ts";
import { mentionOf } from "./mentions.ts";

/** So many suggestions are shown at a time. */
const MAX_SHOWN = 8;
/** What is being named before the caret: a member, or an emoji of two letters at least. */
const NAMED = /(?:^|[^\w@])@([^\s@]{0,32})$|(?:^|[^\w:]):([a-z0-9_+-]{2,32})$/iu;
/** An emoji whose name was written to its end. */
const WHOLE = /(?:^|[^\w:]):([a-z0-9_+-]{2,32}):$/iu;

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
  const wantsEmoji = begun?.kind === "emoji";
  useEffect(() => {
    if (wantsEmoji) loadEmoji().then(setEmoji, () => {});
  }, [wantsEmoji]);

  const suggestions = !begun
    ? []
    : begun.kind === "emoji"
      ? emojiFor(begun.query, emoji)
      : membersFor(
          begun.query,
          members?.filter(({ user }) => user.id !== me),
        );
  const close = () => setBegun(null);
  const choose = ({ text, emoji: picked }: Suggestion, field: HTMLTextAreaElement) => {
    if (!begun) return;
    if (picked) notePicked(picked);
    insert(field, `${text} `, begun.from, field.selectionStart);
    close();
  };
  const typed = (field: HTMLTextAreaElement) => {
    const before = field.value.slice(0, field.selectionStart);
    const [, member, name] = (field.selectionStart === field.selectionEnd && NAMED.exec(before)) || [];
    const query = member ?? name;
    if (query === undefined || (member !== undefined && !isGroup)) {
      close();
      replaceWhole(field, before);
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

function membersFor(query: string, members: readonly Member[] = []): Suggestion[] {
  const wanted = comparisonForm(query);
  const found = members.filter(({ user, name_card: card }) =>
    [user.nickname, user.username, card].some((name) => comparisonForm(name).includes(wanted)),
  );
  const all = ["all", t("composer.all")].some((name) => comparisonForm(name).startsWith(wanted));
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
  return all && members.length > 0 ? [...named, everybody] : named;
}

function emojiFor(query: string, groups: readonly (readonly Emoji[])[]): Suggestion[] {
  return findEmoji(groups, query, MAX_SHOWN).map((one) => {
    const emoji = toned(one, skinTone.value);
    return { key: one.text, text: emoji, label: `:${one.names[0]}:`, detail: one.label, emoji };
  });
}

/** Puts an emoji in the place of its name, once the colon behind the name is written. */
function replaceWhole(field: HTMLTextAreaElement, before: string): void {
  const [, name] = WHOLE.exec(before) ?? [];
  if (!name) return;
  loadEmoji().then(
    (groups) => {
      const found = groups.flat().find(({ names }) => names.includes(name.toLowerCase()));
      // The user has written on, elsewhere.
      if (!found || field.value.slice(0, before.length) !== before) return;
      const { selectionStart: caret } = field;
      const text = toned(found, skinTone.value);
      insert(field, text, before.length - name.length - 2, before.length);
      const to = caret - name.length - 2 + text.length;
      field.setSelectionRange(to, to);
    },
    () => {},
  );
}
