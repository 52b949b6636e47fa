import type { ConversationEntry } from "parley-client";
import { useRef } from "preact/hooks";
import { Boundary } from "../ui/missing/boundary.tsx";
import { ConversationRow } from "./conversation-row.tsx";

interface Props {
  entries: readonly ConversationEntry[];
  /** the id of the conversation on screen; 0: none */
  selected: number;
}

/**
 * Conversations below each other. Tab reaches one of them; the arrow keys go on from there, and the menu key
 * opens its menu.
 */
export function Rows({ entries, selected }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const reached = entries.some(({ id }) => id === selected) ? selected : entries[0]?.id;
  const onKeyDown = (event: KeyboardEvent) => {
    const rows = [...(list.current?.querySelectorAll<HTMLAnchorElement>("a.row") ?? [])];
    const at = rows.findIndex((row) => row.matches(":focus"));
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
    <ul ref={list} class="rows" onKeyDown={onKeyDown}>
      {entries.map((entry) => (
        <Boundary key={entry.id} of={entry} row="row-item notice">
          <ConversationRow
            entry={entry}
            isSelected={entry.id === selected}
            isReached={entry.id === reached}
          />
        </Boundary>
      ))}
    </ul>
  );
}
