import type { components } from "parley-client";

/** The numbers of the server as a poll has them. */
export type Metrics = components["schemas"]["ServerMetrics"];
type Counter = Metrics["events"]["counters"][number];
export type CounterName = Counter["name"];

/** Polls that the page keeps, ten minutes of them. */
const KEPT = 60;

/** The sum of a counter over those of its labels that `isMeant`. */
export function total(
  { events }: Metrics,
  name: CounterName,
  isMeant: (labels: Counter["labels"]) => boolean = () => true,
): number {
  return events.counters
    .filter((one) => one.name === name && isMeant(one.labels))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The sums of a counter by one of its labels, the largest first. */
export function byLabel(
  { events }: Metrics,
  name: CounterName,
  label: string,
): [value: string, sum: number][] {
  const sums = new Map<string, number>();
  for (const { labels, value } of events.counters.filter((one) => one.name === name)) {
    const key = labels[label] ?? "";
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return [...sums].sort(([, one], [, other]) => other - one);
}

/** Polls with a further one. Another process has counted since another time: its numbers begin anew. */
export function withPoll(polls: readonly Metrics[], poll: Metrics): Metrics[] {
  const same = polls.filter(({ events }) => events.since === poll.events.since);
  return [...same, poll].slice(-KEPT);
}

/** By how much a number grew from each poll to the next. */
export function growth(polls: readonly Metrics[], read: (poll: Metrics) => number): number[] {
  const values = polls.map(read);
  return values.slice(1).map((value, i) => Math.max(0, value - (values[i] ?? value)));
}
