import { z } from "zod";

/** All that a host needs to start a Worker, as plain data: it crosses a process boundary as JSON. */
export const Plan = z.object({
  name: z.string(),
  bundle: z.string(),
  state: z.string(),
  compatibilityDate: z.string(),
  compatibilityFlags: z.array(z.string()),
  bindings: z.record(z.string(), z.string()),
  d1Databases: z.record(z.string(), z.string()),
  r2Buckets: z.record(z.string(), z.string()),
  durableObjects: z.record(z.string(), z.object({ className: z.string(), useSQLite: z.literal(true) })),
  migrations: z.array(z.object({ binding: z.string(), queries: z.array(z.string()) })),
});
export type Plan = z.infer<typeof Plan>;

/** The line which a host prints once its Worker answers. */
export const Ready = z.object({ url: z.string() });
