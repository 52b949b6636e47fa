import type { ConversationEntry } from "parley-client";
import { type Attention, attentionOf } from "parley-client/attention";
import { type ReactNode, useRef } from "react";
import type { KeyPress } from "../timeline/roving.ts";
import { useMutes } from "./use-mutes.ts";

/** A conversation in the list, with what of it calls for the user. */
export interface ListRow extends Attention {
  readonly entry: ConversationEntry;
  /** whether it is on screen */
  readonly isSelected: boolean;
  /** whether Tab reaches it: `tabIndex` is 0 there, and -1 in the other rows */
  readonly isReached: boolean;
}

interface Props {
  entries: readonly ConversationEntry[];
  /** the id of the conversation on screen; 0, or absent: none */
  selected?: number;
  className?: string;
  /** Draws a conversation: an `<li>` with a link or a button that has `data-row` and its `tabIndex`. */
  row: (row: ListRow) => ReactNode;
}

/**
 * Conversations below each other. Tab reaches one of them, and the arrow keys go on from there. It is drawn
 * anew when a mute ends by the clock.
 */
export function ConversationList({ entries, selected = 0, className, row }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const now = useMutes(entries);
  const reached = entries.some(({ id }) => id === selected) ? selected : entries[0]?.id;
  const onKeyDown = (event: KeyPress) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.findIndex((one) => one.matches(":focus"));
    if (at < 0 || event.altKey) return;
    const next = {
      ArrowDown: rows[at + 1],
      ArrowUp: rows[at - 1],
      Home: rows[0],
      End: rows.at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <ul ref={list} className={className} onKeyDown={onKeyDown}>
      {entries.map((entry) =>
        row({
          ...attentionOf(entry, now),
          ...{ entry, isSelected: entry.id === selected, isReached: entry.id === reached },
        }),
      )}
    </ul>
  );
}
