import { z } from "@hono/zod-openapi";
import { LARGE_OBJECT_KINDS } from "../../../../domain/operation/large-object.ts";
import { CounterName, DurationName } from "../../../../domain/operation/metrics.ts";
import { HookState } from "../../../../domain/server/hook.ts";
import { Time } from "../../common.ts";

const Bytes = z.int().nonnegative();

const LargeObject = z
  .object({
    kind: z.enum(LARGE_OBJECT_KINDS),
    id: z.int().openapi({ description: "Of the conversation, or of the user whose inbox it is" }),
    bytes: Bytes.openapi({ description: "Beyond 9.5 GB the object takes nothing more" }),
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

export const MetricsText = z.string().openapi({ description: "OpenMetrics 1.0", example: "# EOF\n" });
