import type { BodyJson } from "../../domain/messages/content.ts";
import type { MessageRow } from "../log/row.ts";
import type { Transaction } from "./transaction.ts";

/** Another content of a message. */
export interface ContentEdit {
  /** the new body; absent: it stays as it is */
  body?: BodyJson;
  /** what may name files: all of the message before and after the edit, and what no version has any more */
  before?: string;
  after?: string;
  dropped: string[];
}

/**
 * What hangs on the content of stored messages, as the index does. It is called with the row as it was, in
 * the transaction of the change and before the row loses its content.
 */
export interface ContentFollower {
  /** A message gets another content. @throws a refusal: nothing changes */
  edited?(tx: Transaction, row: MessageRow, edit: ContentEdit): void;
  /** The content goes: the message is revoked, or has expired. */
  removed?(tx: Transaction, row: MessageRow): void;
}

/**
 * Messages up to the first with reactions or votes. Those may be very many rows: nothing follows them in
 * their turn.
 */
export function upToHeavy(rows: MessageRow[]): MessageRow[] {
  const heavy = rows.findIndex(({ reactions, poll }) => reactions !== null || poll !== null);
  return heavy === -1 ? rows : rows.slice(0, heavy + 1);
}
