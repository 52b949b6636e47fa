import { NOBODY, type Position, type UserId } from "../../domain/ids.ts";
import type { Kind } from "../../domain/messages/content.ts";
import type { MessageRow, Order, Reader } from "./row.ts";

/** Narrows the messages that a reader may see. */
export interface Filter {
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  /** only the main stream; absent: thread-only replies too */
  mainOnly?: boolean | undefined;
  /** only polls, or only what is none */
  isPoll?: boolean | undefined;
}

/** Matches messages that a reader may see. `visibleTo` gives the bindings. */
export const VISIBLE = `seq > ? AND (shadowed IS NULL OR sender_id = coalesce(?, sender_id))
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.seq = messages.seq AND user_id = ?)`;

/** Matches the main stream, as the readers of its messages see it. */
export const IN_MAIN = "(in_main = 1 OR shadowed IS 1)";

/** The bindings of `VISIBLE`. Who reads as nobody, for the deployment, sees shadowed messages. */
export function visibleTo({ visible_from, user_id }: Reader): [Position, UserId | null, UserId] {
  return [visible_from, user_id === NOBODY ? null : user_id, user_id];
}

/**
 * Matches visible messages that are not revoked, of one sender, of one kind, polls or others, and of one
 * scope. A null binding matches any. `matchesFilter` gives the bindings.
 */
export const MATCHES_FILTER = `${VISIBLE} AND revoked_rev IS NULL
  AND sender_id = coalesce(?, sender_id) AND kind = coalesce(?, kind)
  AND (poll IS NOT NULL) = coalesce(?, poll IS NOT NULL) AND ${IN_MAIN} >= ?`;

/** The bindings of `MATCHES_FILTER`. */
export function matchesFilter(
  reader: Reader,
  { senderId, kind, isPoll, mainOnly = false }: Filter,
): (number | string | null)[] {
  const ofPolls = isPoll === undefined ? null : Number(isPoll);
  const scope = mainOnly ? 1 : 0;
  return [...visibleTo(reader), senderId ?? null, kind ?? null, ofPolls, scope];
}

/** The bounds of the seqs that come behind a row in an order, both exclusive. Without a row all come. */
export function boundsBehind(
  row: MessageRow | undefined,
  { after, before }: { after: number; before: number },
  order: Order,
): [after: number, before: number] {
  if (row === undefined) return [after, before];
  return order === "ASC" ? [row.seq, before] : [after, row.seq];
}
