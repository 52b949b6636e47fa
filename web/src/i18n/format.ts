import { midnight, today, zone } from "../lib/clock.ts";
import { localeTag } from "./i18n.ts";

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment that a `Date` can hold: a cache may have a later one, of a server before. */
export function dated(at: number): Date {
  return new Date(Math.min(at, 8e15));
}

/** A moment in the language on screen and the time zone of the device. @param at ms since 1970 */
function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const key = localeTag() + zone.value + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(localeTag(), options);
  formats.set(key, known);
  return known.format(dated(at));
}

/** The time of day, as 14:05. @param at ms since 1970 */
export function clock(at: number): string {
  return format(at, { hour: "numeric", minute: "2-digit" });
}

/** Date and time in full, for titles. @param at ms since 1970 */
export function moment(at: number): string {
  return format(at, { dateStyle: "full", timeStyle: "short" });
}

/** Date and time in few words, for sentences and lists. @param at ms since 1970 @param now likewise */
export function when(at: number, now = today.value): string {
  return format(at, {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
    ...(isSameYear(at, now) ? {} : { year: "numeric" }),
  });
}

/** A day, as a heading between messages. @param at ms since 1970 @param now likewise */
export function day(at: number, now = today.value): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(localeTag(), { numeric: "auto" }).format(-days, "day");
    return words.replace(/./, (first) => first.toUpperCase());
  }
  return format(at, {
    ...{ weekday: "long", day: "numeric", month: "long" },
    ...(isSameYear(at, now) ? {} : { year: "numeric" }),
  });
}

/** A moment in few letters, for lists: the time today, the weekday within a week, else the date. */
export function short(at: number, now = today.value): string {
  const days = daysBetween(at, now);
  if (days === 0) return clock(at);
  if (days > 0 && days < 7) return format(at, { weekday: "short" });
  return format(at, isSameYear(at, now) ? { day: "numeric", month: "short" } : { dateStyle: "short" });
}

/** A day in full, in few letters, as 3 Nov 2026. @param at ms since 1970 */
export function date(at: number): string {
  return format(at, { dateStyle: "medium" });
}

/** Several things in one phrase, as "a, b and c". */
export function listed(items: readonly string[]): string {
  return new Intl.ListFormat(localeTag(), { type: "conjunction" }).format(items);
}

/** Whether two moments are on one day here. */
export function isSameDay(one: number, other: number): boolean {
  // A component that asks is drawn anew in another time zone.
  void zone.value;
  return daysBetween(one, other) === 0;
}

function isSameYear(one: number, other: number): boolean {
  return dated(one).getFullYear() === dated(other).getFullYear();
}

function daysBetween(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / DAY);
}
