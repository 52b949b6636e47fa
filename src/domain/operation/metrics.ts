import { z } from "zod";
import type { ErrorCode, Result } from "../errors.ts";

export const CounterName = z.enum([
  "sends",
  "refusals",
  "deliveries",
  "sockets_opened",
  "sockets_closed",
  "relay_frames",
  "jobs_failed",
  "jobs_late",
  "inbox_failures",
  "hook_calls",
  "pushes",
  "link_previews",
  "thumbnails",
]);
export type CounterName = z.infer<typeof CounterName>;

export const DurationName = z.enum(["send", "delivery"]);
export type DurationName = z.infer<typeof DurationName>;

/**
 * What is counted, with its labels. A label has few values, which the code names: never an id, a name or a
 * text of a user.
 */
export const COUNTERS = {
  /** messages that clients have sent; `result`: `stored`, `repeated`, or why it was refused */
  sends: ["surface", "result"],
  /** requests that were refused */
  refusals: ["surface", "code"],
  /** messages handed to sockets, but to those that they came from and to those of relays */
  deliveries: ["socket"],
  sockets_opened: ["socket"],
  sockets_closed: ["socket"],
  /** frames that relays have handed to their sockets, but pages */
  relay_frames: [],
  /** runs of alarm jobs that failed, and those that began more than a minute late */
  jobs_failed: ["object", "job"],
  jobs_late: ["object", "job"],
  /** calls of inboxes by conversations that failed */
  inbox_failures: ["call"],
  /** calls of hooks; `result`: `taken`, `refused` by its status, or `failed` without an answer */
  hook_calls: ["kind", "result"],
  /** pushes to devices, by the kind of device; `result`: `sent`, `gone`, `refused`, `unknown` or `later` */
  pushes: ["kind", "result"],
  /** pages that were fetched for previews of links; `result`: `found`, or `none` */
  link_previews: ["result"],
  /** pictures of which a smaller one was wanted first; `result`: `made`, `none` or `failed` */
  thumbnails: ["result"],
} as const satisfies Record<CounterName, readonly string[]>;

/** What is measured, in ms, with its labels. */
export const DURATIONS = {
  /** a send, from when the server has read it until it has an outcome */
  send: ["surface"],
  /** from the time of a message until it is handed to a socket of a device */
  delivery: ["socket"],
} as const satisfies Record<DurationName, readonly string[]>;

/** The labels of a counter or a duration. */
export type LabelsOf<Name extends CounterName | DurationName> = Readonly<
  Record<
    Name extends CounterName
      ? (typeof COUNTERS)[Name][number]
      : Name extends DurationName
        ? (typeof DURATIONS)[Name][number]
        : never,
    string
  >
>;

/**
 * Where events of the server are counted: at once, without an answer to wait for, and without an error.
 * Counting costs no row.
 */
export interface Metrics {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends DurationName>(name: Name, labels: LabelsOf<Name>, ms: number): void;
}

/** What became of a send: `repeated` if an earlier one with the same client message id was stored. */
export type SendResult = "stored" | "repeated" | ErrorCode;

/** The label of an outcome. */
export function sendResult(outcome: Result<object>): SendResult {
  if (!outcome.ok) return outcome.code;
  return "isRepeated" in outcome.value && outcome.value.isRepeated ? "repeated" : "stored";
}

/**
 * Counts the outcomes of sends that came together, and measures them as one.
 * @param begun when the server had read them (ms)
 */
export function noteOutcomes(
  metrics: Metrics,
  surface: string,
  results: readonly SendResult[],
  begun: number,
): void {
  const byResult = new Map<SendResult, number>();
  for (const result of results) byResult.set(result, (byResult.get(result) ?? 0) + 1);
  for (const [result, sends] of byResult) metrics.count("sends", { surface, result }, sends);
  metrics.observe("send", { surface }, Date.now() - begun);
}

/** The same, as it can be read. */
export interface ReadableMetrics extends Metrics {
  /** null: they are kept where this server does not read them */
  totals(): EventTotals | null;
  /** Where an object counts its events. An invocation of it may have any number of them. */
  forObject(): Metrics;
}

/** What was counted since a time. */
export interface EventTotals {
  /** ms since 1970; null: nothing was counted yet */
  since: number | null;
  counters: { name: CounterName; labels: AnyLabels; value: number }[];
  durations: { name: DurationName; labels: AnyLabels; histogram: Histogram }[];
}

/** Labels of any name. */
export type AnyLabels = Readonly<Record<string, string>>;

/** How many durations were in each bucket of `BUCKETS_MS`, one more for longer ones, and their sum in ms. */
export interface Histogram {
  counts: readonly number[];
  sumMs: number;
}

/** The upper bounds of the buckets, each twice the one before: 1 ms to 65 s. */
export const BUCKETS_MS: readonly number[] = Array.from({ length: 17 }, (_, i) => 2 ** i);

/** The bucket of a duration. */
export function bucketOf(ms: number): number {
  const at = ms <= 1 ? 0 : Math.ceil(Math.log2(ms));
  return Math.min(at, BUCKETS_MS.length);
}

/**
 * The duration in ms that a share of all did not exceed, interpolated within its bucket: at most twice the
 * true one, at least half of it. Beyond the last bound it is that bound; null: nothing was measured.
 */
export function quantile({ counts }: Pick<Histogram, "counts">, share: number): number | null {
  const rank = share * counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [at, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const from = at === 0 ? 0 : (BUCKETS_MS[at - 1] ?? 0);
      const to = BUCKETS_MS[at] ?? from;
      return from + ((to - from) * (rank - below)) / count;
    }
    below += count;
  }
  return null;
}
