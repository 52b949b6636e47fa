import {
  type AnyLabels,
  BUCKETS_MS,
  bucketOf,
  type CounterName,
  type DurationName,
  type EventTotals,
  type LabelsOf,
  type ReadableMetrics,
} from "../../domain/operation/metrics.ts";

/** Combinations of names and labels. Labels have few values, so that it is never reached. */
const MAX_SERIES = 1_000;

/**
 * Counts in the memory of the isolate, which the Worker and all objects share where the server is one
 * process. It is lost with the isolate.
 */
export class MetricsInMemory implements ReadableMetrics {
  #since: number | null = null;
  readonly #counters = new Map<string, { name: CounterName; labels: AnyLabels; value: number }>();
  readonly #durations = new Map<
    string,
    { name: DurationName; labels: AnyLabels; counts: number[]; sumMs: number }
  >();

  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#since ??= Date.now();
    const key = keyOf(name, labels);
    const series = this.#counters.get(key);
    if (series) series.value += by;
    else if (this.#counters.size < MAX_SERIES) this.#counters.set(key, { name, labels, value: by });
  }

  observe<Name extends DurationName>(name: Name, labels: LabelsOf<Name>, ms: number): void {
    this.#since ??= Date.now();
    const key = keyOf(name, labels);
    let series = this.#durations.get(key);
    if (!series) {
      if (this.#durations.size >= MAX_SERIES) return;
      series = { name, labels, counts: BUCKETS_MS.map(() => 0).concat(0), sumMs: 0 };
      this.#durations.set(key, series);
    }
    const bucket = bucketOf(ms);
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    // The clocks of two machines differ.
    series.sumMs += Math.max(0, ms);
  }

  forObject(): this {
    return this;
  }

  totals(): EventTotals {
    return {
      since: this.#since,
      counters: [...this.#counters.values()].map((series) => ({ ...series })),
      durations: [...this.#durations.values()].map(({ name, labels, counts, sumMs }) => ({
        ...{ name, labels },
        histogram: { counts: [...counts], sumMs },
      })),
    };
  }
}

function keyOf(name: string, labels: AnyLabels): string {
  let key = name;
  for (const label in labels) key += ` ${labels[label]}`;
  return key;
}
