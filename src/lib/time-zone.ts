const formats = new Map<string, Intl.DateTimeFormat>();

/** A time (ms since 1970) in the local time of an IANA time zone: `2026-11-20 17:25:07`. */
export function zonedTime(time: number, timeZone: string): string {
  const known = formats.get(timeZone);
  // The Swedish locale writes dates in the form of ISO 8601.
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  formats.set(timeZone, format);
  return format.format(time);
}
