import type { MessageRow } from "../log/row.ts";

/** What users have put beside messages, as reactions and votes: it goes with the content. */
export interface BesideMessages {
  /** Deletes what is beside a message, in the caller's transaction. */
  clear(row: MessageRow): void;
}

/**
 * Messages up to the first with reactions or votes. Those may be very many rows: nothing follows them in
 * their turn.
 */
export function upToHeavy(rows: MessageRow[]): MessageRow[] {
  const heavy = rows.findIndex(({ reactions, poll }) => reactions !== null || poll !== null);
  return heavy === -1 ? rows : rows.slice(0, heavy + 1);
}
