import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DeployFailure } from "../deploy/failure.ts";

/** The variable of the runtime's environment that names its folder. */
export const FOLDER_VARIABLE = "PARLEY_DATA";

/**
 * Takes the folder of a server for this process, as long as it runs: the system frees it when the process
 * ends in any way. A runtime that outlived the server before is ended.
 * @throws a `DeployFailure` if another server has it, or if it cannot be written
 */
export function takeFolder(folder: string): Disposable {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DeployFailure(`The folder ${folder} cannot be used: ${reasonOf(cause)}.`);
  }
  // A lock of SQLite is one of the kernel, which holds between containers too.
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(join(folder, "lock"));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    if (cause instanceof Error && "errcode" in cause && cause.errcode === 5)
      throw new DeployFailure(
        `Another server runs on the folder ${folder}. Stop it, or name another folder by --data.`,
      );
    throw new DeployFailure(`The folder ${folder} cannot be locked: ${reasonOf(cause)}.`);
  }
  endRuntimeOf(folder);
  return { [Symbol.dispose]: () => lock.close() };
}

/** Ends a runtime that has lost its server, as after SIGKILL: two must not write to the same files. */
function endRuntimeOf(folder: string): void {
  if (!existsSync("/proc/self/environ")) return;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let environment: string;
    try {
      environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    } catch {
      // It has ended, or is another user's.
      continue;
    }
    if (Number(pid) === process.pid || !environment.split("\0").includes(`${FOLDER_VARIABLE}=${folder}`))
      continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {}
  }
}

/** What the system says of a failure. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
