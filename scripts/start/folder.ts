import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DeployFailure } from "../deploy/failure.ts";

/** The variable of the runtime's environment that names its folder. */
const FOLDER_VARIABLE = "PARLEY_DATA";

/** What marks the runtime of a folder. A folder has many paths, as by a link or another mount. */
export function markOf(folder: string): Readonly<Record<string, string>> {
  const { dev, ino } = statSync(folder);
  return { [FOLDER_VARIABLE]: `${dev}:${ino}` };
}

/** The processes that work on a folder, where the system tells. A server of another one is none of them. */
export function runtimesOf(folder: string): number[] {
  if (!existsSync("/proc/self/environ")) return [];
  const [[name, value] = []] = Object.entries(markOf(folder));
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${name}=${value}`);
      } catch {
        // It has ended, or is another user's.
        return false;
      }
    })
    .map(Number);
}

/** The file in a folder into which a backup is being restored. */
export const RESTORING = "restoring";

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
  for (let left = runtimesOf(folder); left.length > 0; left = runtimesOf(folder)) {
    for (const pid of left)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    // What it writes to the disk right now ends before.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

/** @throws a `DeployFailure` if the folder has a part of a backup */
export function requireWhole(folder: string): void {
  if (existsSync(join(folder, RESTORING)))
    throw new DeployFailure(
      `A restore into the folder ${folder} has not ended. Run it again, or remove the folder.`,
    );
}

/** What the system says of a failure. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
