import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "./folder-store.ts";

/**
 * Runs work while no other run works in a folder: two would delete each other's files. The file `lock` has
 * the id of the process. A lock whose process is gone is taken over.
 * @throws an Error while that process runs
 */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, "lock");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!take(path)) {
    const owner = Number(readFileSync(path, "utf8"));
    // In a container each run may have the same id.
    if (owner !== process.pid && isRunning(owner))
      throw new Error(
        `Process ${owner} makes a backup in ${folder}. If it is none of a backup, delete ${path}.`,
      );
    rmSync(path);
    if (!take(path)) throw new Error(`Another process has begun a backup in ${folder}.`);
  }
  try {
    return await work();
  } finally {
    rmSync(path);
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  // A file that was cut off names nobody; 0 would be the process group of this run.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user refuses the signal.
    return codeOf(error) === "EPERM";
  }
}
