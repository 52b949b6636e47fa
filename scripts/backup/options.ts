import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DeployFailure } from "../deploy/failure.ts";
import { backUpFolder, restoreIntoFolder } from "../start/private-server.ts";
import { ROOT } from "../support/wrangler.ts";
import { type BackupKey, backupKeyOf } from "./encryption.ts";
import type { Place } from "./local-server.ts";

/** Where `npm run dev` keeps its state. */
const STATE = join(ROOT, ".wrangler", "state");

/** What the command line and the environment say. */
export interface BackupArguments {
  /** undefined: none was named */
  folder: string | undefined;
  isHelp: boolean;
  state: string;
  /** the folder of `npm start`; undefined: `state` is meant */
  data: string | undefined;
  /** null: the state folder */
  place: Place | null;
  /** what the files of the backup are encrypted by; null: nothing */
  encryption: BackupKey | null;
}

/** Reads them. @throws a `DeployFailure`, or a TypeError for an unknown flag */
export function readArguments(env: NodeJS.ProcessEnv): BackupArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "persist-to": { type: "string" },
      data: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { PARLEY_URL: origin, PARLEY_KEY: key } = env;
  if ((origin === undefined) !== (key === undefined))
    throw new DeployFailure("Set both PARLEY_URL and PARLEY_KEY, or none of them for a local server.");
  return {
    folder: positionals[0],
    isHelp: values.help,
    state: values["persist-to"] ?? STATE,
    data: values.data === undefined ? undefined : resolve(values.data),
    place: origin === undefined || key === undefined ? null : { origin: new URL(origin).origin, key },
    encryption: backupKeyOf(env.BACKUP_KEY),
  };
}

/** Runs work against the deployment that the arguments name, to read it or to fill it. */
export async function atPlace(
  { place, data, state }: BackupArguments,
  purpose: "backup" | "restore",
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const isRestore = purpose === "restore";
  if (place) return work(place);
  if (data !== undefined) return (isRestore ? restoreIntoFolder : backUpFolder)(data, work);
  if (!isRestore && !existsSync(state))
    throw new DeployFailure(
      `There is no state in ${state}: name it by --persist-to or --data, or set PARLEY_URL.`,
    );
  // It loads wrangler for seconds, which nothing else here needs.
  const { onState } = await import("./local-server.ts");
  return onState(state, isRestore ? ["RESTORE=on"] : [], work);
}

/** Runs a script. @returns its exit code: 1 after a failure, which is printed */
export async function runScript(work: () => Promise<number>): Promise<number> {
  // What a run has begun ends with it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(130));
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`✘ ${error.message}`);
    return 1;
  }
}

/** Prints a line each second at most, and the last one. */
export class ProgressLine {
  #printedAt = 0;
  #last = "";

  show(line: string): void {
    if (line === this.#last || Date.now() - this.#printedAt < 1_000) return;
    this.#printedAt = Date.now();
    this.#last = line;
    console.log(line);
  }
}

/** Bytes for people. */
export function bytesText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
