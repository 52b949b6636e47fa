import { z } from "zod";

/** The last time that a `Date` holds, in ms since 1970: in the year 275760. */
export const LAST_TIME = 8_640_000_000_000_000;

/** How far a clock of elsewhere may be ahead of this one, in ms. */
const AHEAD_MS = 86_400_000;

/** A time in milliseconds since 1970. */
export const Time = z.int().nonnegative().max(LAST_TIME);

/** A time of elsewhere that may be as far ahead of now. @param ms and a day, as clocks differ */
export function timeUpTo(ms: number) {
  const days = Math.ceil(ms / AHEAD_MS) + 1;
  return Time.refine((at) => at <= Date.now() + ms + AHEAD_MS, {
    error: `must not be more than ${days === 1 ? "a day" : `${days} days`} ahead`,
  });
}

/**
 * A stored time as an import takes it: a release before may have stored one that is further ahead.
 * @param at ms since 1970
 * @param ms how far ahead it may be, besides a day
 */
export function exportedTime(at: number, ms = 0): number {
  const now = Date.now();
  return at > now + ms + AHEAD_MS ? now + ms : shownTime(at);
}

/** The time of something that has happened, as an import names it. */
export const PastTime = timeUpTo(0);

/**
 * A time that is stored, as every API shows it: a release before may have stored one that is no date, and
 * clients that write it as text would throw.
 * @param at ms since 1970
 */
export function shownTime(at: number): number {
  return Math.min(Math.max(at, 0), LAST_TIME);
}

/** A time as stored JSON has it, as it is shown. */
export const StoredTime = z.int().overwrite(shownTime);

/** The last time that RFC 3339 can write, in ms since 1970: a year has four digits. */
const LAST_TEXT = 253_402_300_799_999;

/** A stored time as text: `2026-11-26T08:00:00.000Z`, of the year 9999 at most. @param at ms since 1970 */
export function isoTime(at: number): string {
  return new Date(Math.min(shownTime(at), LAST_TEXT)).toISOString();
}

/** The day of a stored time in UTC: `2026-11-26`. @param at ms since 1970 */
export function isoDay(at: number): string {
  return isoTime(at).slice(0, "2026-11-26".length);
}
