/** The hour at which a morning begins for reminders and scheduled messages. */
const HOUR = 9;

/** The morning of a later day here, in ms since 1970. @param days from today @param now in ms since 1970 */
export function morning(days: number, now = Date.now()): number {
  const at = new Date(now);
  at.setDate(at.getDate() + days);
  return at.setHours(HOUR, 0, 0, 0);
}
