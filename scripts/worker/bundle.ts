import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { z } from "zod";
import { type Plan, RateLimit } from "./plan.ts";

const wrangler = join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");

const Binding = z.object({ binding: z.string() });

/** The used parts of a wrangler.toml, as wrangler parses it. Other kinds of bindings are not started. */
const Config = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  assets: z.looseObject({}).optional(),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.array(Binding.extend({ migrations_dir: z.string() })),
  r2_buckets: z.array(Binding),
  images: Binding.optional(),
  ratelimits: z.array(RateLimit.extend({ name: z.string() })),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
});

/**
 * Bundles the Worker of a wrangler configuration as a deployment would, without its assets, and reads its
 * bindings.
 * @param config the path of the wrangler.toml
 * @param entry the Worker, if it is not the file's
 * @param scratch an empty folder for the bundle and the state
 * @param bindings variables and secrets that replace those of the file
 */
export async function plan(
  config: string,
  entry: string | undefined,
  scratch: string,
  bindings: Record<string, string>,
): Promise<Omit<Plan, "inspector">> {
  const bundle = join(scratch, "bundle");
  const script = entry === undefined ? [] : [entry];
  const read = Config.parse(unstable_readConfig({ config }, { hideWarnings: true }));
  // A fresh clone has no assets before their first build, and the bundle needs none.
  const noAssets = join(scratch, "no-assets");
  mkdirSync(noAssets, { recursive: true });
  const assets = read.assets === undefined ? [] : ["--assets", noAssets];
  const deploy = [
    wrangler,
    "deploy",
    ...script,
    "--dry-run",
    "--config",
    config,
    "--outdir",
    bundle,
    ...assets,
  ];
  await promisify(execFile)(process.execPath, deploy, {
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_LOG_PATH: scratch,
    },
  });
  return {
    name: read.name,
    bundle,
    state: join(scratch, "state"),
    compatibilityDate: read.compatibility_date,
    compatibilityFlags: read.compatibility_flags,
    bindings: { ...read.vars, ...bindings },
    d1Databases: named(read.d1_databases),
    r2Buckets: named(read.r2_buckets),
    ...(read.images && { images: { binding: read.images.binding } }),
    ratelimits: Object.fromEntries(read.ratelimits.map(({ name, ...rate }) => [name, rate])),
    durableObjects: Object.fromEntries(
      read.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: true as const },
      ]),
    ),
    migrations: read.d1_databases.map(({ binding, migrations_dir }) => ({
      binding,
      queries: statements(resolve(dirname(config), migrations_dir)),
    })),
  };
}

/** Names local resources after their bindings. */
function named(bindings: z.infer<typeof Binding>[]): Record<string, string> {
  return Object.fromEntries(bindings.map(({ binding }) => [binding, binding]));
}

/** Every statement of a migrations folder, ordered by file name. */
function statements(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return files.sort().flatMap((file) => unstable_splitSqlQuery(readFileSync(join(folder, file), "utf8")));
}
