import { z } from "zod";
import { LAST_TIME, shownTime } from "../lib/stored-time.ts";

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

/** A time as stored JSON has it, as it is shown. */
export const StoredTime = z.int().overwrite(shownTime);
