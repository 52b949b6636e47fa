import { createHash } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { experimental_readRawConfig } from "wrangler";
import { z } from "zod";
import { ROOT } from "../support/wrangler.ts";
import type { Wrangler } from "./calls.ts";
import { DeployFailure } from "./failure.ts";
import { resourceName } from "./resources.ts";

/** The parts of wrangler.toml that this script fills in or reads; all others pass as they are. */
const Config = z.looseObject({
  name: z.string(),
  main: z.string(),
  account_id: z.string().optional(),
  d1_databases: z.tuple([
    z.looseObject({
      binding: z.string(),
      database_name: z.string().optional(),
      database_id: z.string().optional(),
      migrations_dir: z.string(),
    }),
  ]),
  r2_buckets: z.tuple(
    [z.looseObject({ binding: z.string(), bucket_name: z.string().optional() })],
    // Further ones are the operator's own, as the bucket of backups.
    z.looseObject({ binding: z.string(), bucket_name: z.string() }),
  ),
  assets: z.looseObject({}),
  secrets: z.object({ required: z.array(z.string()) }),
  vars: z.record(z.string(), z.unknown()).optional(),
});
type Config = z.infer<typeof Config>;

/** What the tags of versions that this script deploys begin with. */
export const TAG_PREFIX = "parley-";

/** What wrangler.toml says of a deployment. */
export interface Plan {
  worker: string;
  accountId: string | undefined;
  database: { name: string; id: string | undefined };
  bucket: string;
  secrets: string[];
  /** the content of wrangler.toml, for the named Worker */
  config: Config;
}

/**
 * Reads wrangler.toml.
 * @param name of another Worker than the file's: it shares no resource and no address with it
 * @throws a `DeployFailure` if the environment names another account than the file
 */
export function readPlan(
  name: string | undefined,
  env: NodeJS.ProcessEnv,
  path = join(ROOT, "wrangler.toml"),
): Plan {
  const { rawConfig } = experimental_readRawConfig({ config: path });
  const config = Config.parse(rawConfig);
  const worker = name ?? config.name;
  const isOther = worker !== config.name;
  const [database] = config.d1_databases;
  const [bucket] = config.r2_buckets;
  return {
    worker,
    accountId: accountOf(config, env),
    database: {
      name: (isOther ? undefined : database.database_name) ?? resourceName(worker, database.binding),
      id: isOther ? undefined : database.database_id,
    },
    bucket: (isOther ? undefined : bucket.bucket_name) ?? resourceName(worker, bucket.binding),
    secrets: config.secrets.required,
    config: { ...(isOther ? withoutAddresses(config) : config), name: worker },
  };
}

/** The account that wrangler.toml or the environment names. Wrangler follows the file, where both do. */
function accountOf({ account_id: inFile }: Config, { CLOUDFLARE_ACCOUNT_ID: given }: NodeJS.ProcessEnv) {
  if (inFile === undefined || !given || inFile === given) return inFile ?? (given || undefined);
  throw new DeployFailure(
    `CLOUDFLARE_ACCOUNT_ID is ${given}, but wrangler.toml has account_id = "${inFile}". ` +
      "Say which one is meant: remove the other one. Nothing was changed.",
  );
}

/**
 * The configuration for a second Worker: without the domains of the first one, which wrangler would move to
 * it without a question, and without the address of its files.
 */
function withoutAddresses({ routes: _, route: __, ...config }: Config): Config {
  // Its backups would replace those of the first one.
  const [files] = config.r2_buckets;
  return { ...config, r2_buckets: [files], workers_dev: true, vars: { ...config.vars, PUBLIC_ORIGIN: "" } };
}

/** Runs `work` with a private folder for its files, which is removed then, also if the script is ended. */
export async function inScratchFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "parley-deploy-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    await work(folder);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

/** Where the web client is built: a server of `npm run dev` writes the folder that wrangler.toml names. */
function assetsIn(folder: string): string {
  return join(folder, "assets");
}

/**
 * Writes wrangler.toml as JSON, with the ids of the account. Wrangler gets it instead of the file, so that no
 * id has to be written into the repository, and so that migrations and Worker have the same database.
 * @param databaseId undefined: the database does not exist yet
 * @returns the path of the file
 */
export function writeConfig(plan: Plan, folder: string, databaseId: string | undefined): string {
  const { config, database, bucket } = plan;
  const [d1] = config.d1_databases;
  const [r2, ...others] = config.r2_buckets;
  const path = join(folder, "wrangler.json");
  const filled = {
    ...config,
    main: resolve(ROOT, config.main),
    assets: { ...config.assets, directory: assetsIn(folder) },
    d1_databases: [
      {
        ...d1,
        migrations_dir: resolve(ROOT, d1.migrations_dir),
        database_name: database.name,
        ...(databaseId !== undefined && { database_id: databaseId }),
      },
    ],
    r2_buckets: [{ ...r2, bucket_name: bucket }, ...others],
  };
  writeFileSync(path, JSON.stringify(filled, null, 2));
  return path;
}

/** Builds the web client into a folder. */
export type BuildAssets = (folder: string) => Promise<unknown>;

/**
 * Builds the web client, and bundles the Worker as a deployment would.
 * @param config the path of what `writeConfig` wrote into the folder
 * @returns a tag for the bundle and its configuration: the same for the same content
 * @throws a `DeployFailure`
 */
export async function build(
  wrangler: Wrangler,
  plan: Plan,
  config: string,
  folder: string,
  buildAssets: BuildAssets,
): Promise<string> {
  const [bundle, assets] = [join(folder, "bundle"), assetsIn(folder)];
  const args = ["deploy", "--dry-run", "--outdir", bundle, "--config", config];
  await buildAssets(assets);
  await wrangler.must("The Worker does not build.", args);
  const hash = createHash("sha256").update(JSON.stringify({ ...plan, accountId: undefined }));
  for (const file of globSync("**/*", { cwd: bundle }).sort()) {
    // Maps and wrangler's README have paths of this machine.
    if (/\.(js|sql|txt|html|wasm|bin)$/.test(file))
      hash.update(file).update(readFileSync(join(bundle, file)));
  }
  for (const file of globSync("**/*", { cwd: assets }).sort()) {
    // Folders have no content.
    if (statSync(join(assets, file)).isFile()) hash.update(file).update(readFileSync(join(assets, file)));
  }
  return `${TAG_PREFIX}${hash.digest("hex").slice(0, 16)}`;
}
