/** The pauses after a first, second … failure in a row, in `retryUnitMs`: 5 s, 30 s, 2 min … a day. */
const PAUSES = [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400] as const;
/** By so much a pause is longer or shorter: what failed at once is not repeated at once. */
const SPREAD = 0.2;

/**
 * How long a receiver outside is left alone that has failed: a hook, the webhook of a bot, a push service.
 * @param failures in a row, at least 1
 * @returns ms, up to a fifth longer or shorter than the pause
 */
export function pauseAfter(
  failures: number,
  { retryUnitMs, maxPauseMs }: { retryUnitMs: number; maxPauseMs: number },
): number {
  const pause = PAUSES[Math.min(failures, PAUSES.length) - 1] ?? PAUSES[0];
  return Math.round(Math.min(pause * retryUnitMs, maxPauseMs) * (1 - SPREAD + 2 * SPREAD * Math.random()));
}
