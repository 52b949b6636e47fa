import { z } from "zod";

/** A rate limiter: a number of calls in a period of 10 or 60 seconds. */
export const RateLimit = z.object({
  namespace_id: z.string(),
  simple: z.object({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
});

/** Everything that a host needs to start a Worker, as plain data: it crosses a process boundary as JSON. */
export const Plan = z.object({
  name: z.string(),
  bundle: z.string(),
  state: z.string(),
  compatibilityDate: z.string(),
  compatibilityFlags: z.array(z.string()),
  bindings: z.record(z.string(), z.string()),
  d1Databases: z.record(z.string(), z.string()),
  r2Buckets: z.record(z.string(), z.string()),
  /** the binding that makes smaller pictures; absent: none, as in an older commit */
  images: z.object({ binding: z.string() }).optional(),
  ratelimits: z.record(z.string(), RateLimit),
  durableObjects: z.record(z.string(), z.object({ className: z.string(), useSQLite: z.literal(true) })),
  migrations: z.array(z.object({ binding: z.string(), queries: z.array(z.string()) })),
  /** Whether the runtime opens an inspector. */
  inspector: z.boolean(),
  /** The port of the Worker; 0, or none, for a free one. */
  port: z.int().optional(),
  /** The folder of what is served without the Worker; none: nothing is. */
  assets: z.string().optional(),
});
export type Plan = z.infer<typeof Plan>;

/** The line that a server prints once it answers: its URL, and that of its inspector. */
export const Ready = z.object({ url: z.string(), inspector: z.string().optional() });
export type Ready = z.infer<typeof Ready>;
