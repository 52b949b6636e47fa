import { z } from "zod";

/** The Cloudflare account of the fake wrangler: what it has, and what was done with it. */
export const Account = z.object({
  signedIn: z.boolean(),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })),
  databases: z.array(z.object({ uuid: z.string(), name: z.string() })),
  buckets: z.array(z.string()),
  worker: z
    .object({
      name: z.string(),
      version: z.string(),
      tag: z.string(),
      database: z.string(),
      bucket: z.string(),
      secrets: z.record(z.string(), z.string()),
      routes: z.array(z.unknown()),
      workersDev: z.boolean(),
      publicOrigin: z.string(),
    })
    .nullable(),
  /** what the Worker bundles to */
  code: z.string(),
  /** what a query of the database finds: its tables, then the names of its migrations */
  tables: z.array(z.object({ name: z.string(), sql: z.string() })),
  applied: z.array(z.object({ name: z.string() })),
  /** the ids of migrated databases, in order */
  migrated: z.array(z.string()),
  deployments: z.int(),
  /** calls that begin like these fail */
  failing: z.array(z.string()),
  calls: z.array(z.array(z.string())),
  /** the account that each call named in its environment */
  called: z.array(z.string()),
});
export type Account = z.infer<typeof Account>;

/** The parts of a configuration that the fake reads. */
export const Config = z.object({
  name: z.string(),
  d1_databases: z.tuple([z.object({ database_id: z.string().optional() })]),
  r2_buckets: z.tuple([z.object({ bucket_name: z.string().optional() })]),
  secrets: z.object({ required: z.array(z.string()) }),
  routes: z.array(z.unknown()).default([]),
  workers_dev: z.boolean().default(true),
  vars: z.object({ PUBLIC_ORIGIN: z.string() }),
});

/** An account in which nothing is deployed. */
export const NEW_ACCOUNT: Account = {
  signedIn: true,
  accounts: [{ id: "a1", name: "An account" }],
  databases: [{ uuid: "another", name: "another" }],
  buckets: ["another"],
  worker: null,
  code: "export default {}",
  tables: [],
  applied: [],
  migrated: [],
  deployments: 0,
  failing: [],
  calls: [],
  called: [],
};
