import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateServerKey } from "../../src/domain/server/server-key.ts";
import type { Place } from "../backup/local-server.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { built } from "./build.ts";
import { hasDatabase, openDatabase } from "./database.ts";
import { RESTORING, takeFolder } from "./folder.ts";
import { settingsOf } from "./settings.ts";
import { requireUpToDate, upgrade } from "./upgrade.ts";

const DAY_MS = 86_400_000;

/** Settings for calls of one program on this machine. */
const PRIVATE = { RATE_LIMITS: "off", REQUEST_LOG: "failures" };

/**
 * Runs work against the server of a folder, which is stopped, at a port that nobody else knows, with a key of
 * its own. Both end with the work.
 * @throws a `DeployFailure` if a server runs on the folder, or if it is of another release
 */
export async function backUpFolder(data: string, work: (place: Place) => Promise<void>): Promise<void> {
  if (!hasDatabase(data)) throw new DeployFailure(`There is no state in ${data}.`);
  using _folder = takeFolder(data);
  requireUpToDate(data);
  await serve(data, {}, work);
}

/**
 * The same for a folder into which a backup is restored. Until the work is done, no server starts on it.
 * @throws a `DeployFailure` if it has users
 */
export async function restoreIntoFolder(data: string, work: (place: Place) => Promise<void>): Promise<void> {
  using _folder = takeFolder(data);
  const marker = join(data, RESTORING);
  const { end } = upgrade(data, false);
  if (!existsSync(marker)) {
    if (isInUse(data))
      throw new DeployFailure(`The folder ${data} has users or conversations: restore into an empty one.`);
    writeFileSync(marker, "");
  }
  end();
  await serve(data, { RESTORE: "on" }, work);
  rmSync(marker);
}

function isInUse(data: string): boolean {
  using database = openDatabase(data, true);
  const query = "SELECT 1 FROM users UNION ALL SELECT 1 FROM conversations LIMIT 1";
  return database.prepare(query).get() !== undefined;
}

async function serve(
  data: string,
  settings: Record<string, string>,
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const plan = await built(console.log);
  const bindings = { ...settingsOf(data, plan.bindings, process.env), ...PRIVATE, ...settings };
  const { id, text, hash } = generateServerKey();
  const now = Date.now();
  {
    using database = openDatabase(data);
    database
      .prepare(
        "INSERT INTO server_keys (id, name, scopes, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(id, "npm run backup", '["backup"]', hash, now, now + DAY_MS);
  }
  try {
    const { Runtime } = await import("./runtime.ts");
    await using runtime = await Runtime.start({ ...plan, bindings, state: join(data, "v3") }, data);
    await work({ origin: `http://127.0.0.1:${runtime.inside.worker}`, key: text });
  } finally {
    using database = openDatabase(data);
    database.prepare("DELETE FROM server_keys WHERE id = ?").run(id);
  }
}
