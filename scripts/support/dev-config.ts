import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { experimental_readRawConfig } from "wrangler";
import { z } from "zod";

/** The file that `devConfig` writes. It lies beside wrangler.toml, whose paths are relative to it. */
const FILE = ".wrangler.dev.json";

/** What `npm run dev` sets by a flag of wrangler: no file decides it. */
const FLAG = "DEV_LOOPBACK";

const Config = z.looseObject({
  vars: z.record(z.string(), z.unknown()).default({}),
  secrets: z.looseObject({ required: z.array(z.string()).default([]) }).default({ required: [] }),
});

/**
 * Has wrangler pass every name of `.dev.vars` on to the Worker, as the secrets of issuers: it drops those
 * that its configuration does not name. No value is written.
 * @param folder of wrangler.toml and `.dev.vars`
 * @returns the path of a configuration that has all names; null: wrangler.toml does
 */
export function devConfig(folder: string): string | null {
  const settings = join(folder, ".dev.vars");
  if (!existsSync(settings)) return null;
  const names = Object.keys(parseEnv(readFileSync(settings, "utf8")));
  const { rawConfig } = experimental_readRawConfig({ config: join(folder, "wrangler.toml") });
  const config = Config.parse(rawConfig);
  const known = new Set([...Object.keys(config.vars), ...config.secrets.required, FLAG]);
  const further = names.filter((name) => !known.has(name));
  if (further.length === 0) return null;
  const secrets = { ...config.secrets, required: [...config.secrets.required, ...further] };
  const path = join(folder, FILE);
  // Another `npm run dev` may be reading the file.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...config, secrets }, null, 2));
  renameSync(draft, path);
  return path;
}
