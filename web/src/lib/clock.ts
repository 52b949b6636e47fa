import { signal } from "@preact/signals";

const MINUTE = 60_000;
/** The hour at which a morning begins for reminders and scheduled messages. */
const HOUR = 9;
/** The page may have slept, and the device have travelled. */
const EVENTS = ["visibilitychange", "focus", "pageshow"];

/** The time zone of the device. What shows a time reads it, and is drawn anew in another one. */
export const zone = signal(zoneNow());
/** When the day began there, in ms since 1970. What says "today" reads it, and is drawn anew at midnight. */
export const today = signal(midnight(Date.now()));

let timer: ReturnType<typeof setTimeout> | undefined;

/** No browser tells of another day or another time zone. All time zones change their day at a full minute. */
function look(): void {
  zone.value = zoneNow();
  today.value = midnight(Date.now());
  clearTimeout(timer);
  timer = setTimeout(look, MINUTE - (Date.now() % MINUTE));
}

look();
for (const event of EVENTS) globalThis.addEventListener?.(event, look);

/** When the day of a moment began here, in ms since 1970. @param at likewise */
export function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** The morning of a later day here, in ms since 1970. @param days from today @param now in ms since 1970 */
export function morning(days: number, now = Date.now()): number {
  const at = new Date(now);
  at.setDate(at.getDate() + days);
  return at.setHours(HOUR, 0, 0, 0);
}

function zoneNow(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
