import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The root of the repository, with wrangler.toml. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The wrangler of this repository. Tests of scripts put another program in its place. */
const WRANGLER =
  process.env.PARLEY_WRANGLER ??
  fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

/** Turns off what needs a network or a person: update check, telemetry, offers, `request.cf`. */
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_SEND_METRICS: "false",
};

/** Printed by `npm run dev` between the migration of the database and the start of the server. */
export const PREPARED = "The local database is up to date.";

/** Starts wrangler on the Node that runs this script: wrangler refuses the Node 20 of many machines. */
export function spawnWrangler(args: string[], options: SpawnOptions): ChildProcess {
  const env = { ...process.env, ...QUIET, ...options.env };
  return spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, ...options, env });
}

/** Collects the output of a process. @returns a function that returns the output so far */
export function collectOutput(child: ChildProcess): () => string {
  const KEEP = 100_000;
  let text = "";
  const take = (chunk: unknown) => {
    text = (text + String(chunk)).slice(-KEEP);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  return () => text;
}

/** Waits for the end of a process. @returns its exit code; after signal n 128 + n, as in shells */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
