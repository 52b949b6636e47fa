import { localeTag } from "./i18n.ts";

/** A length of time, as 1:05. @param ms milliseconds */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const SPANS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** How long something lasts, as 8 hours: in the largest unit that has no rest. */
export function timeSpan(seconds: number): string {
  const [unit, length] = SPANS.find(([, one]) => seconds >= one && seconds % one === 0) ?? ["second", 1];
  const options = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(localeTag(), options).format(seconds / length);
}
