import {
  type AnyLabels,
  COUNTERS,
  type CounterName,
  DURATIONS,
  type DurationName,
  type LabelsOf,
  type Metrics,
  type ReadableMetrics,
} from "../../domain/operation/metrics.ts";
import type { Timing } from "../../domain/timing.ts";
import { JoinedEvents } from "./joined-events.ts";

/**
 * Writes events as points of Analytics Engine, which keeps those of all isolates for three months: the name
 * is the index, the labels are the blobs in their order, and the doubles are how many; of a duration how many
 * ms, and how many took so long. A request has few events, each a point. `docs/operate.md` has the queries.
 */
export class MetricsInAnalyticsEngine implements ReadableMetrics {
  readonly #dataset: AnalyticsEngineDataset;
  readonly #timing: Timing["metrics"];

  constructor(dataset: AnalyticsEngineDataset, timing: Timing["metrics"]) {
    this.#dataset = dataset;
    this.#timing = timing;
  }

  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#write(name, inOrder(COUNTERS[name], labels), [by]);
  }

  observe<Name extends DurationName>(name: Name, labels: LabelsOf<Name>, ms: number): void {
    this.#write(`${name}_ms`, inOrder(DURATIONS[name], labels), [ms, 1]);
  }

  /** Events that are alike are joined to a point. */
  forObject(): Metrics {
    const joined = new JoinedEvents(
      ({ name, labels, value }, times) => this.#write(name, labels, times === 0 ? [value] : [value, times]),
      this.#timing,
    );
    return {
      count: (name, labels, value = 1) =>
        joined.count({ name, labels: inOrder(COUNTERS[name], labels), value }),
      observe: (name, labels, value) =>
        joined.observe({ name: `${name}_ms`, labels: inOrder(DURATIONS[name], labels), value }),
    };
  }

  totals(): null {
    return null;
  }

  #write(name: string, labels: readonly string[], doubles: number[]): void {
    try {
      this.#dataset.writeDataPoint({ indexes: [name], blobs: [...labels], doubles });
    } catch {
      // Nothing fails because it is not counted.
    }
  }
}

function inOrder(order: readonly string[], labels: AnyLabels): string[] {
  return order.map((label) => labels[label] ?? "");
}

/** The dataset of events: a binding that an operator adds to wrangler.toml; undefined: there is none. */
export function eventDataset(env: object): AnalyticsEngineDataset | undefined {
  const binding: unknown = Reflect.get(env, "EVENTS");
  return isDataset(binding) ? binding : undefined;
}

function isDataset(binding: unknown): binding is AnalyticsEngineDataset {
  return typeof binding === "object" && binding !== null && "writeDataPoint" in binding;
}
