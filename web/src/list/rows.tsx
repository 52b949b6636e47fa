import type { ConversationEntry } from "parley-client";
import { ConversationList } from "parley-react/list";
import { Boundary } from "../ui/missing/boundary.tsx";
import { ConversationRow } from "./conversation-row.tsx";

interface Props {
  entries: readonly ConversationEntry[];
  /** the id of the conversation on screen; 0: none */
  selected: number;
}

/** Conversations below each other. The menu key opens the menu of one. */
export function Rows({ entries, selected }: Props) {
  return (
    <ConversationList
      {...{ entries, selected }}
      className="rows"
      row={({ badge: _, ...row }) => (
        <Boundary key={row.entry.id} of={row.entry} row="row-item notice">
          <ConversationRow {...row} />
        </Boundary>
      )}
    />
  );
}
