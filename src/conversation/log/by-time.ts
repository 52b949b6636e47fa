import { Position } from "../../domain/ids.ts";
import type { MessageLog } from "./message-log.ts";
import type { MessageRows, Reader, Scope } from "./row.ts";

/** A page from a time on. `hasEarlier`: the reader sees messages before the page. */
export interface MessagesFrom extends MessageRows {
  hasEarlier: boolean;
}

/**
 * At most `limit` messages that a reader sees, oldest first, from the first one on that is not older than a
 * time. The time of messages never decreases with their seq, so that a binary search finds it: a log of a
 * million messages costs 20 rows, and no index.
 * @param at ms since 1970
 */
export function messagesFrom(
  log: MessageLog,
  at: number,
  limit: number,
  reader: Reader,
  scope: Scope,
): MessagesFrom {
  const before = newestBefore(log, at, reader.visible_from);
  const { rows, hasMore } = log.after(before, limit, reader, scope);
  const first = rows[0]?.seq ?? before + 1;
  return { rows, hasMore, hasEarlier: log.before(first, 1, reader, scope).rows.length > 0 };
}

/** The newest seq from `low` on whose message is older than a time; `low` if there is none. */
function newestBefore(log: MessageLog, at: number, low: Position): Position {
  // Invariant: all messages after `older`, up to `high` exclusive, are still to be looked at. Messages from
  // `high` on are not older.
  let older: number = low;
  let high = log.last.seq + 1;
  while (high - older > 1) {
    const middle = Math.floor((older + high) / 2);
    if (log.headAt(Position.parse(middle)).at < at) older = middle;
    else high = middle;
  }
  return Position.parse(older);
}
