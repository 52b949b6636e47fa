/** The last time that a `Date` holds, in ms since 1970: in the year 275760. */
export const LAST_TIME = 8_640_000_000_000_000;

/** The last time that RFC 3339 can write, in ms since 1970: a year has four digits. */
const LAST_TEXT = 253_402_300_799_999;

/**
 * A time that is stored, as every API shows it: a release before may have stored one that is no date, and
 * whoever writes it as text would throw.
 * @param at ms since 1970
 */
export function shownTime(at: number): number {
  return Math.min(Math.max(at, 0), LAST_TIME);
}

/** A stored time, at most of the year 9999, for a text. @param at ms since 1970 */
export function writtenTime(at: number): number {
  return Math.min(shownTime(at), LAST_TEXT);
}

/** A stored time as text: `2026-11-26T08:00:00.000Z`. @param at ms since 1970 */
export function isoTime(at: number): string {
  return new Date(writtenTime(at)).toISOString();
}

/** The day of a stored time in UTC: `2026-11-26`. @param at ms since 1970 */
export function isoDay(at: number): string {
  return isoTime(at).slice(0, "2026-11-26".length);
}
