import { Seq } from "../../domain/ids.ts";

/** No clock is after this time (ms since 1970, in the year 2286): microseconds are, and what is no date. */
const LAST_OF_CLOCKS = 10_000_000_000_000;
const DAY_MS = 86_400_000;
/** So many mended messages are announced, the newest: what a list and a screen show. */
const MAX_ANNOUNCED = 100;

/** The log as it was found. */
interface Found {
  last: { seq: number; at: number };
  /** The seq of the newest message up to a time; 0: there is none. */
  lastUntil(at: number): number;
}

/**
 * Dates messages anew whose time cannot be: an earlier release stored any time of an import, and each message
 * behind such a one got its time, as times never decrease. Call it when the object starts.
 *
 * Only the newest messages can be such. They get the time at which they are found, which is not before they
 * came. The clock alone decides about nothing but imported messages: it may be wrong itself.
 * @returns the newest that were mended, which are to be announced
 */
export function mendTimes(sql: SqlStorage, log: Found): Seq[] {
  const now = Date.now();
  if (log.last.at <= now + DAY_MS) return [];
  const first = firstAhead(sql, log, now + DAY_MS);
  if (first === null) return [];
  const before = "SELECT created_at AS at FROM messages WHERE seq = ?";
  const [sound] = sql.exec<{ at: number }>(before, first - 1).toArray();
  const at = Math.max(now, sound?.at ?? 0);
  sql.exec("UPDATE messages SET created_at = ? WHERE seq >= ?", at, first);
  const start = Math.max(first, log.last.seq - MAX_ANNOUNCED + 1);
  return Array.from({ length: log.last.seq - start + 1 }, (_, i) => Seq.parse(start + i));
}

/** The first message whose time is wrong; null: none is for sure. */
function firstAhead(sql: SqlStorage, log: Found, limit: number): Seq | null {
  const first = Seq.parse(log.lastUntil(limit) + 1);
  const isImported = sql.exec("SELECT 1 FROM imported_messages WHERE seq = ?", first).toArray().length > 0;
  if (isImported) return first;
  return log.last.at > LAST_OF_CLOCKS ? Seq.parse(log.lastUntil(LAST_OF_CLOCKS) + 1) : null;
}
