import { z } from "@hono/zod-openapi";
import { accepts } from "hono/accepts";
import {
  type ServerMetrics as Metrics,
  serverMetrics as metricsOf,
} from "../../../core/operation/metrics.ts";
import { ArchiveRange, LARGE_OBJECT_KINDS } from "../../../domain/operation/large-object.ts";
import {
  BUCKETS_MS,
  CounterName,
  DurationName,
  type EventTotals,
  type Histogram,
  quantile,
} from "../../../domain/operation/metrics.ts";
import { HookState } from "../../../domain/server/hook.ts";
import { Time } from "../common.ts";
import { staffRoute } from "../moderation/staff.ts";
import { jsonAnswer, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const Bytes = z.int().nonnegative();

const LargeObject = z
  .object({
    kind: z.enum(LARGE_OBJECT_KINDS),
    id: z.int().openapi({ description: "Of the conversation, or of the user whose inbox it is" }),
    bytes: Bytes.openapi({ description: "Beyond 9.5 GB the object takes nothing more" }),
    archives: z.array(ArchiveRange).openapi({
      description: "Of a conversation: the archives that have the bodies of its old messages",
    }),
    reported_at: Time,
  })
  .openapi("LargeObject");

/** A label's name is fixed by the metric, its values are few: never an id or a text of a user. */
const Labels = z.record(z.string(), z.string());
const Milliseconds = z.number().nonnegative().nullable();

const EventCount = z
  .object({
    name: z.enum(CounterName.options).openapi({ description: "What was counted" }),
    labels: Labels,
    value: z.int().nonnegative(),
  })
  .openapi("EventCount");

const EventDuration = z
  .object({
    name: z.enum(DurationName.options).openapi({ description: "What was measured" }),
    labels: Labels,
    count: z.int().nonnegative(),
    p50_ms: Milliseconds,
    p95_ms: Milliseconds,
    p99_ms: Milliseconds.openapi({
      description: "What 99 % did not exceed, from buckets that double: off by a factor of two at most",
    }),
  })
  .openapi("EventDuration");

const EventMetrics = z
  .object({
    kept_by: z.enum(["isolate", "analytics_engine"]).openapi({
      description:
        "`isolate`: counted by the process that answers, which is all of a server on one machine, and a sample of one on Cloudflare. `analytics_engine`: kept there, and not among these numbers",
    }),
    since: Time.nullable().openapi({ description: "When the process counted first" }),
    counters: z.array(EventCount),
    durations: z.array(EventDuration),
  })
  .openapi("EventMetrics");

export const ServerMetrics = z
  .object({
    database_bytes: Bytes,
    objects: z.array(LargeObject).openapi({
      description: "The 20 largest objects of 100 MB or more, as each has reported itself, once a day",
    }),
    hooks: z
      .record(HookState, z.int().nonnegative())
      .openapi({ description: "How many hooks are in each state" }),
    events: EventMetrics,
  })
  .openapi("ServerMetrics");

export type ServerMetrics = z.infer<typeof ServerMetrics>;

const MetricsText = z.string().openapi({ description: "OpenMetrics 1.0", example: "# EOF\n" });

const OPEN_METRICS = "application/openmetrics-text";
const JSON_TYPE = "application/json";

const serverRoute = serverRoutes("metrics")("get", "/v1/server/metrics", {
  operationId: "getMetrics",
  summary: "How full the deployment is, the states of hooks, and what has happened",
  description:
    "For monitors such as Prometheus: OpenMetrics, or JSON with `Accept: application/json`. Sizes and hooks are of the whole deployment; `events.kept_by` says of what the counts of events are.",
  responses: {
    200: {
      description: "The metrics",
      content: { [OPEN_METRICS]: { schema: MetricsText }, [JSON_TYPE]: { schema: ServerMetrics } },
    },
  },
});

export const serverMetrics = v1Router().openapi(serverRoute, async (c) => {
  const metrics = await metricsOf(c.var.core);
  const type = accepts(c, {
    header: "Accept",
    supports: [OPEN_METRICS, JSON_TYPE],
    default: OPEN_METRICS,
  });
  if (type === JSON_TYPE) return c.json(serializeMetrics(metrics), 200);
  return c.body(openMetrics(metrics), 200, {
    "Content-Type": `${OPEN_METRICS}; version=1.0.0; charset=utf-8`,
  });
});

const moderationRoute = staffRoute("get", "/v1/moderation/metrics", {
  operationId: "getModerationMetrics",
  summary: "How full the deployment is, and what has happened",
  description:
    "The same as `GET /v1/server/metrics`. Nobody's name or text is in it, so the audit log has no row.",
  responses: { 200: jsonAnswer("The metrics", ServerMetrics) },
});

export const moderationMetrics = v1Router().openapi(moderationRoute, async (c) =>
  c.json(serializeMetrics(await metricsOf(c.var.core)), 200),
);

/** The metrics as JSON. */
function serializeMetrics({ databaseBytes, objects, hooks, events }: Metrics): ServerMetrics {
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
function openMetrics({ databaseBytes, objects, hooks, events }: Metrics): string {
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
      ...{
        name: "parley_archive_bytes",
        type: "gauge",
        unit: "bytes",
        help: "The sizes of archives, each from its first message on.",
      },
      samples: objects.flatMap(({ id, archives }) =>
        archives.map(({ first_seq, bytes }) => ({ labels: { conversation: id, first_seq }, value: bytes })),
      ),
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
  relay_frames: "Frames that relays have handed to their sockets.",
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
