type Clock = `${number}:${number}`;

/**
 * When a line is said, by the clock and the days of this machine: some minutes ago; at a time of the day some
 * days ago, or some workdays (Monday to Friday) ago; on the last Saturday before today, or days before it.
 */
export type When =
  | `${number}min`
  | `${number}d ${Clock}`
  | `${number}wd ${Clock}`
  | `sat ${Clock}`
  | `sat-${number} ${Clock}`;

const PATTERN =
  /^(?:(?<min>\d+)min|(?:(?<d>\d+)d|(?<wd>\d+)wd|sat(?:-(?<before>\d+))?) (?<h>\d+):(?<m>\d+))$/;

/** @param now ms since 1970 @returns ms since 1970 */
export function momentOf(when: When, now: number): number {
  const groups = PATTERN.exec(when)?.groups;
  if (!groups) throw new Error(`not a time of the sample world: ${when}`);
  const { min, d, wd, before = "0", h, m } = groups;
  if (min !== undefined) return now - Number(min) * 60_000;
  const today = new Date(now);
  const days =
    d !== undefined
      ? Number(d)
      : wd !== undefined
        ? sinceWorkday(today, Number(wd))
        : sinceSaturday(today) + Number(before);
  // By the fields of a date: a day may have 23 or 25 hours.
  return new Date(
    today.getFullYear(),
    today.getMonth(),
    today.getDate() - days,
    Number(h),
    Number(m),
  ).getTime();
}

/** The days since the last Saturday before today: 1 to 7. */
function sinceSaturday(today: Date): number {
  return (today.getDay() + 1) % 7 || 7;
}

/** The days since the `count`th day before today that is neither a Saturday nor a Sunday. */
function sinceWorkday(today: Date, count: number): number {
  let days = 0;
  for (let left = count; left > 0; ) {
    days++;
    const weekday = (today.getDay() - days + 7 * days) % 7;
    if (weekday !== 0 && weekday !== 6) left--;
  }
  return days;
}
