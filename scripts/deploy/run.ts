import { requireTakeover } from "../releases/taken-over.ts";
import { findLive, type Live, requireAccount } from "./account.ts";
import { type Run, Wrangler } from "./calls.ts";
import {
  type BuildAssets,
  build,
  inScratchFolder,
  type Plan,
  readPlan,
  TAG_PREFIX,
  writeConfig,
} from "./config.ts";
import { DeployFailure } from "./failure.ts";
import type { Options } from "./options.ts";
import { createBucket, createDatabase, findDatabase, hasBucket, type RemoteDatabase } from "./resources.ts";
import { gatherSecrets, type Origin, writeSecrets } from "./secrets.ts";
import { smokeTest } from "./smoke.ts";
import { upload } from "./upload.ts";

/** What a deployment works with. */
export interface Surroundings {
  run: Run;
  buildAssets: BuildAssets;
  /** the environment, which may hold secrets */
  env: NodeJS.ProcessEnv;
  /** prints a line */
  tell: (line: string) => void;
  /** asks for a secret; null: there is nobody to ask */
  ask: ((question: string) => Promise<string>) | null;
  /** how long the address may take until it answers, in ms */
  patienceMs: number;
  /** the path of the configuration, if it is not wrangler.toml */
  config?: string;
}

/** One run: what it works with, what it is to do, and what is deployed. */
interface Deployment extends Surroundings {
  wrangler: Wrangler;
  options: Options;
  plan: Plan;
  live: Live | null;
  started: Date;
}

const FROM: Record<Origin, string> = {
  environment: "taken from the environment",
  terminal: "taken from the terminal",
  random: "made at random",
};

/**
 * Deploys Parley. Each step first looks at what is there, so a run that failed can be repeated:
 * 1. builds the Worker, so that a broken build changes nothing;
 * 2. looks at the account and the deployed Worker;
 * 3. creates the database and the bucket, if they do not exist;
 * 4. migrates the database: the running version works on new tables, the new version not on old ones;
 * 5. deploys the Worker, with the secrets that it lacks;
 * 6. tries the address.
 * @throws a `DeployFailure`
 */
export async function deploy(options: Options, surroundings: Surroundings): Promise<void> {
  const { env, tell } = surroundings;
  const anyAccount = new Wrangler(surroundings.run);
  const plan = readPlan(options.name, env, surroundings.config);
  await inScratchFolder(async (folder) => {
    const config = writeConfig(plan, folder, plan.database.id);
    const tag = await build(anyAccount, plan, config, folder, surroundings.buildAssets);
    tell("✔ the Worker builds");
    if (options.dryRun) {
      tellPlan(plan, options, surroundings);
      return;
    }
    const { id, name } = await requireAccount(anyAccount, plan.accountId);
    tell(`✔ signed in to the account ${name}`);
    const wrangler = anyAccount.within(id);
    const live = await findLive(wrangler, plan.worker);
    tell(`✔ ${plan.worker} is ${live ? `deployed, version ${live.versionId}` : "not deployed yet"}`);
    if (live && !options.force) requireParley(plan, live);
    const run = { ...surroundings, wrangler, options, plan, live, started: new Date() };
    await deployInto(run, folder, tag);
  });
}

async function deployInto(begun: Deployment, folder: string, tag: string): Promise<void> {
  const { uuid, name } = await prepareDatabase(begun);
  await prepareBucket(begun);
  // A database that wrangler.toml names by its id may have any name.
  const run = { ...begun, plan: { ...begun.plan, database: { name, id: uuid } } };
  const { wrangler, options, plan, live, tell } = run;
  const config = writeConfig(plan, folder, uuid);
  await requireTakeover(wrangler, config);
  await wrangler.must(
    "A migration failed. Nothing was deployed; the running version works on the tables as they are. D1 has rolled " +
      "back the failing migration, those before it stay.",
    ["d1", "migrations", "apply", "DB", "--remote", "--config", config],
  );
  tell("✔ the database is migrated");

  const missing = plan.secrets.filter((name) => !live?.secrets.includes(name));
  const secrets = await gatherSecrets(missing, run.env, run.ask);
  for (const [name, { origin }] of secrets) tell(`✔ ${name}: ${FROM[origin]}`);
  if (missing.length === 0) tell(`✔ the secrets ${plan.secrets.join(", ")} are set`);

  if (live?.tag === tag && missing.length === 0 && !options.force) {
    tell(`✔ version ${live.versionId} is this very Worker: nothing to deploy (--force deploys it again)`);
    await tryAddress(run, options.address, live.versionId);
    return;
  }
  const file = secrets.size === 0 ? undefined : writeSecrets(folder, secrets);
  const { versionId, address } = await upload(wrangler, config, folder, tag, file);
  tell(`✔ deployed version ${versionId}${address ? ` to ${address}` : ""}`);
  await tryAddress(run, options.address ?? address, versionId);
  if (live === null) tellNext(tell, options.address ?? address);
}

/** @throws a `DeployFailure` if another program has the name of the Worker, as in another account */
function requireParley({ worker }: Plan, { versionId, databaseId, tag }: Live): void {
  if (databaseId !== undefined || tag?.startsWith(TAG_PREFIX)) return;
  throw new DeployFailure(
    `The account has a Worker ${worker}, version ${versionId}, which is not Parley: it has no database DB. Nothing was ` +
      "changed.\nIs this the right account? If so, give Parley another name by --name, or replace that Worker by --force.",
  );
}

/** @throws a `DeployFailure` if it is not clear which one is meant */
async function prepareDatabase({ wrangler, plan, live, options, tell }: Deployment): Promise<RemoteDatabase> {
  const { name, id } = plan.database;
  const found = await findDatabase(wrangler, name, id);
  // An id in wrangler.toml is the operator's word, for example after a restore into a new database.
  if (id === undefined && live?.databaseId !== undefined && live.databaseId !== found?.uuid) {
    throw new DeployFailure(
      `The deployed ${plan.worker} uses the database ${live.databaseId}. The one that is named ${name} ` +
        `${found ? `is ${found.uuid}` : "does not exist"}. Nothing was changed.\n` +
        'Say which one is meant: add its database_id = "…" below binding = "DB" in wrangler.toml.',
    );
  }
  if (found !== undefined) {
    tell(`✔ the database ${found.name} exists${live ? "" : "; it is used as it is"}`);
    return found;
  }
  const created = await createDatabase(wrangler, name, options.location);
  tell(`✔ created the database ${name}`);
  return created;
}

async function prepareBucket({ wrangler, plan: { bucket }, tell }: Deployment): Promise<void> {
  if (await hasBucket(wrangler, bucket)) {
    tell(`✔ the bucket ${bucket} exists`);
    return;
  }
  await createBucket(wrangler, bucket);
  tell(`✔ created the bucket ${bucket}`);
}

/** @throws a `DeployFailure` that says how to go back */
async function tryAddress(
  run: Deployment,
  address: string | undefined,
  versionId: string | null,
): Promise<void> {
  const { plan, live, started, tell } = run;
  if (address === undefined) {
    tell("  No address to try: give it by --address https://your.domain.");
    return;
  }
  const flaw = await smokeTest(address, run.patienceMs, (line) => tell(`✔ ${address}: ${line}`));
  if (flaw === null) return;
  const { worker, database } = plan;
  const back =
    live === null || live.versionId === versionId
      ? "This run has replaced no version to go back to."
      : `To go back to the version before:\n  npx wrangler rollback ${live.versionId} --name ${worker}\n` +
        "The database stays migrated, which that version does not mind. To have the database as it was, too:\n" +
        `  npx wrangler d1 time-travel restore ${database.name} --timestamp=${started.toISOString()}\n` +
        'Read "Restore" in docs/operate.md before that: everything written since is lost.';
  throw new DeployFailure(
    `Version ${versionId} is live at ${address} and fails its test:\n${flaw}\n\n` +
      `See what it logs: npx wrangler tail ${worker}\n${back}`,
  );
}

function tellPlan(plan: Plan, { address, location }: Options, { env, ask, tell }: Surroundings): void {
  const asked = ask === null ? "" : "ask for it, or ";
  const sourceOf = (name: string) => {
    if (env[name]) return "take it from the environment";
    return name === "TOKEN_SECRET" || name.startsWith("VAPID_")
      ? "make it at random"
      : `${asked}make it at random, which shuts its API`;
  };
  const lines = [
    `create the database ${plan.database.name}${location === undefined ? "" : ` in ${location}`}, unless it exists`,
    `create the bucket ${plan.bucket}, unless it exists`,
    "apply the migrations that the database lacks",
    ...plan.secrets.map((name) => `${name}: keep it, or ${sourceOf(name)}`),
    `deploy ${plan.worker} with these secrets, unless this very Worker is deployed`,
    `try ${address ?? "the address that wrangler prints"}`,
  ];
  tell("\nThis was a dry run. `npm run deploy` would");
  for (const [i, line] of lines.entries()) tell(`  ${i + 1}. ${line}`);
}

function tellNext(tell: (line: string) => void, address = "https://your.address"): void {
  tell(`
Next:
  ${address}/docs is the reference of every call.
  ALLOWED_ORIGINS in wrangler.toml lets your web pages call it, REGISTRATION decides who creates accounts.
  docs/operate.md covers domains, alerts, backups and the bill.`);
}
