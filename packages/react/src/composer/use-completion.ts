import { useId, useRef, useState } from "react";
import type { KeyPress } from "../timeline/roving.ts";
import { insert } from "./formatting.ts";

/** What may stand in the place of what was begun. */
export interface Suggested {
  readonly key: string;
  /** what is put into the text */
  readonly text: string;
}

/** Completes what begins with one sign, as `@` or `:`. */
export interface Completer<S extends Suggested> {
  /**
   * what stands before the caret: its group is what is looked for, directly behind the sign. What has blanks
   * is looked for while it finds something
   */
  readonly begun: RegExp;
  /** What may be meant. */
  find(query: string): readonly S[];
  /** One was taken. */
  chosen?(suggestion: S): void;
}

/** The suggestions for what is being written. */
export interface Completion<S extends Suggested> {
  /** the id of the list of suggestions in the page */
  readonly id: string;
  readonly suggestions: readonly S[];
  /** the place of the one that Enter takes */
  readonly active: number;
  /** which completer it is of; -1: nothing was begun */
  readonly begun: number;
  /** Tell it of each change of the text. @returns whether something was begun */
  typed(field: HTMLTextAreaElement): boolean;
  /** Tell it that the caret may be elsewhere. That alone suggests nothing new. */
  moved(field: HTMLTextAreaElement): void;
  /** @returns whether the key was for the suggestions */
  onKeyDown(event: ListKey, field: HTMLTextAreaElement): boolean;
  choose(suggestion: S, field: HTMLTextAreaElement): void;
  close(): void;
}

/** A key in a list of suggestions. */
type ListKey = KeyPress & { readonly shiftKey: boolean; stopPropagation(): void };

interface Begun {
  /** the place of its completer */
  readonly at: number;
  readonly query: string;
  /** where it begins in the text, with its sign */
  readonly from: number;
}

/** Suggests what completes the word at the caret. Typing alone opens the suggestions. */
export function useCompletion<S extends Suggested>(completers: readonly Completer<S>[]): Completion<S> {
  const id = useId();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [active, setActive] = useState(0);
  const completer = begun ? completers[begun.at] : undefined;
  const suggestions = (begun && completer?.find(begun.query)) ?? [];
  /** where something was begun that is chosen, or not wanted, up to its sign */
  const settled = useRef<string | null>(null);
  const close = () => setBegun(null);
  /** What goes on behind a blank is about something else then. */
  const settle = (field: HTMLTextAreaElement) => {
    settled.current = begun && field.value.slice(0, begun.from + 1);
  };
  const choose = (suggestion: S, field: HTMLTextAreaElement) => {
    if (!begun) return;
    completer?.chosen?.(suggestion);
    settle(field);
    insert(field, `${suggestion.text} `, begun.from, field.selectionStart);
    close();
  };
  const typed = (field: HTMLTextAreaElement) => {
    const before = field.value.slice(0, field.selectionStart);
    const isCaret = field.selectionStart === field.selectionEnd;
    const found = completers.map(({ begun: sign, find }) => {
      const query = isCaret ? sign.exec(before)?.[1] : undefined;
      if (query === "") settled.current = null;
      if (!query?.includes(" ")) return query;
      return before.slice(0, -query.length) !== settled.current && find(query).length > 0 ? query : undefined;
    });
    const at = found.findIndex((query) => query !== undefined);
    const query = found[at];
    if (query === undefined) {
      close();
      return false;
    }
    const from = before.length - query.length - 1;
    if (begun?.from === from && begun.query === query) return true;
    setBegun({ at, query, from });
    setActive(0);
    return true;
  };
  return {
    ...{ id, suggestions, active: Math.min(active, suggestions.length - 1), begun: begun?.at ?? -1 },
    ...{ close, choose, typed },
    moved: (field) => {
      if (begun) typed(field);
    },
    onKeyDown: (event, field) => {
      const chosen = suggestions[Math.min(active, suggestions.length - 1)];
      if (!chosen) return false;
      const { length } = suggestions;
      if (event.key === "ArrowDown") setActive((active + 1) % length);
      else if (event.key === "ArrowUp") setActive((active + length - 1) % length);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(chosen, field);
      else if (event.key === "Escape") {
        settle(field);
        close();
      } else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}
