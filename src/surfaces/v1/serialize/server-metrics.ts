import type { ServerMetrics as Metrics } from "../../../core/operation/metrics.ts";
import type { ServerMetrics } from "../schemas/server/metrics.ts";

/** The metrics as JSON. */
export function serializeMetrics({ databaseBytes, objects, hooks }: Metrics): ServerMetrics {
  return {
    database_bytes: databaseBytes,
    objects: objects.map(({ reportedAt, ...object }) => ({ ...object, reported_at: reportedAt })),
    hooks,
  };
}

/** A gauge: what it measures, its unit, and its samples with their labels. */
interface Gauge {
  name: string;
  help: string;
  unit?: "bytes";
  samples: { labels?: Record<string, string | number>; value: number }[];
}

/** The same in the text format of OpenMetrics 1.0, which Prometheus reads. */
export function openMetrics({ databaseBytes, objects, hooks }: Metrics): string {
  const gauges: Gauge[] = [
    {
      ...{ name: "parley_database_bytes", unit: "bytes", help: "The size of the database." },
      samples: [{ value: databaseBytes }],
    },
    {
      ...{ name: "parley_object_bytes", unit: "bytes", help: "The sizes of the largest objects." },
      samples: objects.map(({ kind, id, bytes }) => ({ labels: { kind, id }, value: bytes })),
    },
    {
      ...{ name: "parley_hooks", help: "The hooks in each state." },
      samples: Object.entries(hooks).map(([state, value]) => ({ labels: { state }, value })),
    },
  ];
  return [...gauges.flatMap(linesOf), "# EOF", ""].join("\n");
}

function linesOf({ name, help, unit, samples }: Gauge): string[] {
  return [
    `# TYPE ${name} gauge`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${help}`,
    ...samples.map(({ labels, value }) => `${name}${labelsOf(labels)} ${value}`),
  ];
}

/** No label has a character that had to be escaped: they are ids and names of this server. */
function labelsOf(labels: Record<string, string | number> = {}): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return written.length === 0 ? "" : `{${written.join(",")}}`;
}
