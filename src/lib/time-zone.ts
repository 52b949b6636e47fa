const formats = new Map<string, Intl.DateTimeFormat>();

/** A time (ms since 1970) as clocks of a zone show it: `2026-11-20 17:25:07`. */
export function zonedTime(time: number, timeZone: string): string {
  const known = formats.get(timeZone);
  // Of all languages this one writes dates as ISO 8601 has them.
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  formats.set(timeZone, format);
  return format.format(time);
}
