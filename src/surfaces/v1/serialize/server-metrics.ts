import type { ServerMetrics as Metrics } from "../../../core/operation/metrics.ts";
import {
  BUCKETS_MS,
  type CounterName,
  type DurationName,
  type EventTotals,
  type Histogram,
  quantile,
} from "../../../domain/operation/metrics.ts";
import type { ServerMetrics } from "../schemas/server/metrics.ts";

/** The metrics as JSON. */
export function serializeMetrics({ databaseBytes, objects, hooks, events }: Metrics): ServerMetrics {
  return {
    database_bytes: databaseBytes,
    objects: objects.map(({ reportedAt, ...object }) => ({ ...object, reported_at: reportedAt })),
    hooks,
    events: {
      kept_by: events ? "isolate" : "analytics_engine",
      since: events?.since ?? null,
      counters: events?.counters ?? [],
      durations: (events?.durations ?? []).map(({ name, labels, histogram }) => ({
        ...{ name, labels },
        count: countOf(histogram),
        p50_ms: quantile(histogram, 0.5),
        p95_ms: quantile(histogram, 0.95),
        p99_ms: quantile(histogram, 0.99),
      })),
    },
  };
}

/** A metric family: what it measures, its unit, and its samples with their labels. */
interface Family {
  name: string;
  type: "gauge" | "counter" | "histogram";
  help: string;
  unit?: "bytes" | "seconds";
  samples: Sample[];
}

interface Sample {
  /** follows the name of the family, as in `_total` */
  suffix?: string;
  labels?: Record<string, string | number>;
  value: number;
}

/** The same in the text format of OpenMetrics 1.0, which Prometheus reads. */
export function openMetrics({ databaseBytes, objects, hooks, events }: Metrics): string {
  const families: Family[] = [
    {
      ...{ name: "parley_database_bytes", type: "gauge", unit: "bytes", help: "The size of the database." },
      samples: [{ value: databaseBytes }],
    },
    {
      ...{
        name: "parley_object_bytes",
        type: "gauge",
        unit: "bytes",
        help: "The sizes of the largest objects.",
      },
      samples: objects.map(({ kind, id, bytes }) => ({ labels: { kind, id }, value: bytes })),
    },
    {
      ...{ name: "parley_hooks", type: "gauge", help: "The hooks in each state." },
      samples: Object.entries(hooks).map(([state, value]) => ({ labels: { state }, value })),
    },
    ...(events ? familiesOf(events) : []),
  ];
  return [...families.flatMap(linesOf), "# EOF", ""].join("\n");
}

const COUNTER_HELP: Record<CounterName, string> = {
  sends: "Messages that clients have sent, by their outcome.",
  refusals: "Refused requests.",
  deliveries: "Messages handed to sockets.",
  sockets_opened: "Opened sockets.",
  sockets_closed: "Closed sockets.",
  jobs_failed: "Failed runs of alarm jobs.",
  jobs_late: "Alarm jobs that began more than a minute late.",
  inbox_failures: "Failed calls of inboxes.",
  hook_calls: "Calls of hooks, by their outcome.",
  pushes: "Pushes to devices, by their outcome.",
  link_previews: "Pages fetched for previews of links, by their outcome.",
  thumbnails: "Pictures of which a smaller one was wanted for the first time, by the outcome.",
};

const DURATION_HELP: Record<DurationName, string> = {
  send: "From reading a send to its outcome.",
  delivery: "From the time of a message to its delivery to the socket of a device.",
};

function familiesOf({ counters, durations }: EventTotals): Family[] {
  const counted = Object.entries(COUNTER_HELP).map(
    ([counter, help]): Family => ({
      ...{ name: `parley_${counter}`, type: "counter", help },
      samples: counters
        .filter(({ name }) => name === counter)
        .map(({ labels, value }) => ({ suffix: "_total", labels, value })),
    }),
  );
  const measured = Object.entries(DURATION_HELP).map(
    ([duration, help]): Family => ({
      ...{ name: `parley_${duration}_duration_seconds`, type: "histogram", unit: "seconds", help },
      samples: durations
        .filter(({ name }) => name === duration)
        .flatMap(({ labels, histogram }) => histogramSamples(labels, histogram)),
    }),
  );
  return [...counted, ...measured];
}

function histogramSamples(labels: Record<string, string>, { counts, sumMs }: Histogram): Sample[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    const bound = BUCKETS_MS[at];
    const le = bound === undefined ? "+Inf" : (bound / 1000).toFixed(3);
    return { suffix: "_bucket", labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { suffix: "_count", labels, value: below },
    { suffix: "_sum", labels, value: sumMs / 1000 },
  ];
}

function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function linesOf({ name, type, help, unit, samples }: Family): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${help}`,
    ...samples.map(({ suffix = "", labels, value }) => `${name}${suffix}${labelsOf(labels)} ${value}`),
  ];
}

/** No label has a character that had to be escaped: they are ids and names of this server. */
function labelsOf(labels: Record<string, string | number> = {}): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return written.length === 0 ? "" : `{${written.join(",")}}`;
}
