/**
 * A wrangler with an account in memory or in a file. It answers as wrangler 4.155.0 does, and notes each
 * call. As a program it is `node fake-wrangler.ts <arguments>`, and `FAKE_ACCOUNT` names the file.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Called } from "../../scripts/deploy/calls.ts";
import { Account, Config } from "./account.ts";

const TEXT = { type: "string" } as const;
/** Wrangler asks for the first page alone (https://github.com/cloudflare/workers-sdk/issues/15103). */
const LISTED_BUCKETS = 20;
const Secrets = z.record(z.string(), z.string());

/** A failure, as wrangler prints it. */
class WranglerError extends Error {}

if (import.meta.main) {
  const path = process.env.FAKE_ACCOUNT ?? "";
  const { FAKE_HANGS: hangs } = process.env;
  if (hangs !== undefined && process.argv.slice(2).join(" ").startsWith(hangs)) {
    writeFileSync(join(dirname(path), "hanging"), "");
    const caller = process.ppid;
    while (process.ppid === caller) await setTimeout(20);
    process.exit(1);
  }
  const account = Account.parse(JSON.parse(readFileSync(path, "utf8")));
  const { ok, stdout, output } = callFake(account, process.argv.slice(2), process.env);
  writeFileSync(path, JSON.stringify(account));
  process.stdout.write(stdout);
  if (!ok) process.stderr.write(output.slice(stdout.length));
  process.exitCode = ok ? 0 : 1;
}

/** A call of wrangler against this account. */
export function callFake(account: Account, argv: string[], env: NodeJS.ProcessEnv): Called {
  account.calls.push(argv);
  account.called.push(env.CLOUDFLARE_ACCOUNT_ID ?? "");
  const failing = account.failing.find((start) => argv.join(" ").startsWith(start));
  try {
    if (failing !== undefined) throw new WranglerError(`✘ [ERROR] ${failing} failed, as the test wants`);
    const stdout = answerOf(account, argv, env);
    return { ok: true, stdout, output: stdout };
  } catch (error) {
    if (!(error instanceof WranglerError)) throw error;
    const stdout = error.message.startsWith("{") ? error.message : "";
    return { ok: false, stdout, output: error.message };
  }
}

function answerOf(account: Account, argv: string[], env: NodeJS.ProcessEnv): string {
  const { values, positionals } = parseArgs({
    args: argv,
    strict: false,
    allowPositionals: true,
    options: {
      config: TEXT,
      command: TEXT,
      name: TEXT,
      tag: TEXT,
      outdir: TEXT,
      "secrets-file": TEXT,
      location: TEXT,
      format: TEXT,
    },
  });
  const flag = (name: string) => String(values[name] ?? "");
  const [first = "", second = "", third = "", fourth = ""] = positionals;
  switch (`${first} ${second}`.trim()) {
    case "whoami":
      return whoami(account);
    case "secret list":
      return listSecrets(account, flag("name"));
    case "deployments status":
      return json({ versions: [{ version_id: deployed(account).version, percentage: 100 }] });
    case "versions view":
      return viewVersion(account);
    case "d1 list":
      return json(account.databases);
    case "d1 create":
      return createDatabase(account, third);
    case "d1 execute":
      return json([
        { results: flag("command").includes("d1_migrations") ? account.applied : account.tables },
      ]);
    case "d1 migrations":
      return migrate(account, flag("config"));
    case "r2 bucket":
      return bucketCall(account, third, fourth);
    case "deploy":
      return values["dry-run"] ? build(account, flag("outdir")) : deploy(account, flag, env);
    default:
      throw new WranglerError(`✘ [ERROR] Unknown argument: ${positionals.join(" ")}`);
  }
}

function whoami({ signedIn, accounts }: Account): string {
  if (!signedIn) throw new WranglerError(json({ loggedIn: false }));
  return json({ loggedIn: true, authType: "OAuth Token", accounts });
}

function listSecrets({ worker }: Account, name: string): string {
  if (worker?.name !== name) {
    throw new WranglerError(
      `✘ [ERROR] Worker "${name}" not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`,
    );
  }
  return json(Object.keys(worker.secrets).map((one) => ({ name: one, type: "secret_text" })));
}

function deployed({ worker }: Account): NonNullable<Account["worker"]> {
  if (worker) return worker;
  throw new WranglerError("✘ [ERROR] This Worker does not exist on your account. [code: 10007]");
}

function viewVersion(account: Account): string {
  const { version, tag, database } = deployed(account);
  const d1 = { type: "d1", name: "DB", id: database };
  const bindings = [...(database === "" ? [] : [d1]), { type: "r2_bucket", name: "FILES" }];
  return json({ id: version, annotations: { "workers/tag": tag }, resources: { bindings } });
}

function createDatabase({ databases }: Account, name: string): string {
  if (databases.some((one) => one.name === name))
    throw new WranglerError("✘ [ERROR] A database with that name already exists");
  databases.push({ uuid: `id-of-${name}`, name });
  return `✅ Successfully created DB '${name}'`;
}

function bucketCall(account: Account, action: string, name: string): string {
  if (action === "list") return listBuckets(account);
  if (action === "create") return createBucket(account, name);
  if (account.buckets.includes(name)) return json({ name });
  throw new WranglerError("✘ [ERROR] The specified bucket does not exist. [code: 10006]");
}

function listBuckets({ buckets }: Account): string {
  const rows = buckets
    .slice(0, LISTED_BUCKETS)
    .map((name) => `name:           ${name}\ncreation_date:  2026-11-21T00:00:00.000Z`);
  return `Listing buckets...\n${rows.join("\n\n")}`;
}

function createBucket({ buckets }: Account, name: string): string {
  if (buckets.includes(name))
    throw new WranglerError("✘ [ERROR] The bucket you tried to create already exists");
  buckets.push(name);
  return `✅ Created bucket '${name}'`;
}

function migrate({ migrated }: Account, config: string): string {
  migrated.push(configAt(config).d1_databases[0].database_id ?? "");
  return "✅ No migrations to apply!";
}

function build({ code }: Account, outdir: string): string {
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, "index.js"), code);
  return "--dry-run: exiting now.";
}

function deploy(account: Account, flag: (name: string) => string, env: NodeJS.ProcessEnv): string {
  const { name, d1_databases, r2_buckets, secrets: wanted, ...rest } = configAt(flag("config"));
  const file = flag("secrets-file");
  const given = file === "" ? {} : Secrets.parse(JSON.parse(readFileSync(file, "utf8")));
  const before = account.worker?.name === name ? account.worker.secrets : {};
  const secrets = { ...before, ...given };
  const missing = wanted.required.filter((one) => !Object.hasOwn(secrets, one));
  if (missing.length > 0)
    throw new WranglerError(
      `✘ [ERROR] The following required secrets have not been set: ${missing.join(", ")}`,
    );
  account.deployments++;
  const version = `version-${account.deployments}`;
  const database = d1_databases[0].database_id ?? "";
  const bucket = r2_buckets[0].bucket_name ?? "";
  const { routes, workers_dev: workersDev, vars } = rest;
  account.worker = {
    ...{ name, version, tag: flag("tag"), database, bucket, secrets },
    ...{ routes, workersDev, publicOrigin: vars.PUBLIC_ORIGIN },
  };
  const entries = [
    { type: "wrangler-session" },
    { type: "deploy", version: 1, version_id: version, targets: [`${name}.example.workers.dev`] },
  ];
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  appendFileSync(env.WRANGLER_OUTPUT_FILE_PATH ?? "", lines.join(""));
  return `Current Version ID: ${version}`;
}

function configAt(path: string): z.infer<typeof Config> {
  return Config.parse(JSON.parse(readFileSync(path, "utf8")));
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
