import {
  closeSync,
  constants,
  cpSync,
  existsSync,
  fsyncSync,
  globSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { DeployFailure } from "../deploy/failure.ts";
import { applyMigrations, DATABASES, hasDatabase, migrationsOf } from "./database.ts";
import { reasonOf } from "./folder.ts";

/** Where the database of before an upgrade is, until the start has succeeded. */
const FORMER = "before-upgrade";

/**
 * Brings the database of a folder up to date, before code of the Worker runs on it. The former one is kept
 * beside: whatever ends the start before `end`, the next start, of this release or the one before, puts it
 * back. Objects need no copy: they migrate one by one later, and the release before runs on their tables.
 * @param mayBeNewer whether a newer release may have migrated the database: a roll back
 * @returns what the start calls once the server answers, before any request of others reaches it
 * @throws a `DeployFailure`, after which the folder is as it was
 */
export function upgrade(data: string, mayBeNewer: boolean): { end(): void } {
  putBack(data);
  const { missing, newer } = migrationsOf(data);
  const [strange] = newer;
  if (strange !== undefined && !mayBeNewer)
    throw new DeployFailure(
      `The state in ${data} is of a newer release (it has the migration ${strange}). Nothing was changed: start that release, or, if this is the one before it, add --roll-back.`,
    );
  if (missing.length === 0) return { end: () => {} };
  if (hasDatabase(data)) keep(data);
  try {
    applyMigrations(data, missing);
  } catch (error) {
    putBack(data);
    throw error;
  }
  return { end: () => drop(data) };
}

/** @throws a `DeployFailure` unless this release has started on the folder, and no newer one */
export function requireUpToDate(data: string): void {
  const { missing, newer } = migrationsOf(data);
  if (existsSync(join(data, FORMER)) || missing.length > 0 || newer.length > 0)
    throw new DeployFailure(
      `The state in ${data} is of another release. Use that one, or start this one on it before.`,
    );
}

/** Copies the databases, which nobody has open. @throws a `DeployFailure`, as for a full disk */
function keep(data: string): void {
  const draft = join(data, `${FORMER}.part`);
  try {
    rmSync(draft, { recursive: true, force: true });
    // Where the file system can, a copy shares its blocks with the original.
    cpSync(join(data, DATABASES), draft, { recursive: true, mode: constants.COPYFILE_FICLONE });
    for (const path of globSync(join(draft, "**"), { withFileTypes: true }))
      flush(join(path.parentPath, path.name));
    renameSync(draft, join(data, FORMER));
    flush(data);
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    throw new DeployFailure(
      `The database in ${data} cannot be copied before its upgrade: ${reasonOf(cause)}. Nothing was changed.`,
    );
  }
}

/** What is written is on the disk, and not in memory alone. */
function flush(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}

/** An upgrade that has not succeeded has not been. */
function putBack(data: string): void {
  const former = join(data, FORMER);
  if (!existsSync(former)) return;
  rmSync(join(data, DATABASES), { recursive: true, force: true });
  renameSync(former, join(data, DATABASES));
}

function drop(data: string): void {
  const former = join(data, FORMER);
  if (!existsSync(former)) return;
  // In one step: half a copy must not come back.
  renameSync(former, `${former}.part`);
  flush(data);
  rmSync(`${former}.part`, { recursive: true });
}
