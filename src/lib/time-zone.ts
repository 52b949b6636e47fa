import { writtenTime } from "./stored-time.ts";

const formats = new Map<string, Intl.DateTimeFormat>();
/** The last result: in a busy conversation many messages share a second, and a format takes 1 µs. */
let last = { timeZone: "", second: Number.NaN, text: "" };

/** Whether a name is one of the IANA database. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

/** A time (ms since 1970) in the local time of an IANA time zone: `2026-11-20 17:25:07`. */
export function zonedTime(time: number, timeZone: string): string {
  const second = Math.floor(writtenTime(time) / 1000);
  if (second === last.second && timeZone === last.timeZone) return last.text;
  const known = formats.get(timeZone);
  // The Swedish locale writes dates in the form of ISO 8601.
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  formats.set(timeZone, format);
  last = { timeZone, second, text: format.format(second * 1000) };
  return last.text;
}
