import { parseArgs } from "node:util";

/** What a call of `npm run deploy` asks for. */
export interface Options {
  /** the name of the Worker; undefined: that of wrangler.toml */
  name: string | undefined;
  /** nothing is changed, and no account is needed */
  dryRun: boolean;
  /** secrets that are not given may be asked for in the terminal */
  interactive: boolean;
  /** deploys even if nothing has changed, or another program has the name */
  force: boolean;
  /** where the smoke test goes; undefined: the address that wrangler prints */
  address: string | undefined;
  /** the location hint of a new database; undefined: near the caller */
  location: string | undefined;
}

/** Shown by `--help`. */
export const HELP = `npm run deploy -- [flags]

  --dry-run            build, and print what would be done; needs no account
  --name <worker>      another Worker than the one of wrangler.toml, with a database, a bucket and objects of its own
  --location <hint>    where a new database is: wnam, enam, weur, eeur, apac, oc; it never moves
  --address <url>      where the smoke test goes, if it is not the address that wrangler prints
  --force              deploy even if nothing has changed, or over another program of this name
  --yes                ask nothing, as where there is no terminal or CI is set

Secrets that the Worker lacks come from TOKEN_SECRET, APP_KEYS and USERSIG_RULE_KEY of the environment. CLOUDFLARE_API_TOKEN and
CLOUDFLARE_ACCOUNT_ID sign in where no browser can.`;

/**
 * Reads the flags.
 * @returns null for `--help`
 * @throws a TypeError for an unknown flag
 */
export function readOptions(args: string[], env: NodeJS.ProcessEnv, isTerminal: boolean): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      "dry-run": { type: "boolean", default: false },
      name: { type: "string" },
      location: { type: "string" },
      address: { type: "string" },
      force: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  return {
    name: values.name,
    dryRun: values["dry-run"],
    interactive: isTerminal && !values.yes && !env.CI,
    force: values.force,
    address: values.address?.replace(/\/+$/, ""),
    location: values.location,
  };
}
