import {
  COUNTERS,
  type CounterName,
  DURATIONS,
  type DurationName,
  type LabelsOf,
  type ReadableMetrics,
} from "../../domain/operation/metrics.ts";

/**
 * Writes each event as a point of Analytics Engine, which keeps those of all isolates for three months: the
 * name is its index, its labels are its blobs in their order, and its double is how many, or how many ms.
 * `docs/operate.md` has the queries.
 */
export class MetricsInAnalyticsEngine implements ReadableMetrics {
  readonly #dataset: AnalyticsEngineDataset;

  constructor(dataset: AnalyticsEngineDataset) {
    this.#dataset = dataset;
  }

  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#write(name, COUNTERS[name], labels, by);
  }

  observe<Name extends DurationName>(name: Name, labels: LabelsOf<Name>, ms: number): void {
    this.#write(`${name}_ms`, DURATIONS[name], labels, ms);
  }

  totals(): null {
    return null;
  }

  #write(
    name: string,
    order: readonly string[],
    labels: Readonly<Record<string, string>>,
    value: number,
  ): void {
    try {
      this.#dataset.writeDataPoint({
        indexes: [name],
        blobs: order.map((label) => labels[label] ?? ""),
        doubles: [value],
      });
    } catch {
      // Nothing fails because it is not counted.
    }
  }
}

/** The dataset of events: a binding that an operator adds to wrangler.toml; undefined: there is none. */
export function eventDataset(env: object): AnalyticsEngineDataset | undefined {
  const binding: unknown = Reflect.get(env, "EVENTS");
  return isDataset(binding) ? binding : undefined;
}

function isDataset(binding: unknown): binding is AnalyticsEngineDataset {
  return typeof binding === "object" && binding !== null && "writeDataPoint" in binding;
}
