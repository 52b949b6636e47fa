import { t } from "../../i18n/i18n.ts";
import { morning } from "../../lib/clock.ts";

/** The server takes times up to so far ahead, in ms. */
const YEAR = 365 * 86_400_000;
const MINUTE = 60_000;

/** What a field of date and time says, in ms since 1970; NaN: nothing. */
export function toMoment(value: string): number {
  return new Date(value).getTime();
}

/** What a field of date and time shows, in the time zone of the browser. @param at ms since 1970 */
export function toField(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * MINUTE);
  return local.toISOString().slice(0, 16);
}

/** What a field of a date shows, in the time zone of the browser. @param at ms since 1970 */
export function toDateField(at: number): string {
  return toField(at).slice(0, 10);
}

/** Why a message cannot be sent at a time; empty: it can. @param at ms since 1970 */
export function timeProblem(at: number): string {
  const now = Date.now();
  if (!(at > now)) return t("scheduled.past");
  return at > now + YEAR ? t("scheduled.far") : "";
}

/** Times that one often wants. */
export function usualTimes(): { label: string; at: number }[] {
  const hour = Math.ceil((Date.now() + 60 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE;
  const days = (8 - new Date().getDay()) % 7 || 7;
  return [
    { label: t("scheduled.hour"), at: hour },
    { label: t("scheduled.tomorrow"), at: morning(1) },
    ...(days > 1 ? [{ label: t("scheduled.monday"), at: morning(days) }] : []),
  ];
}
