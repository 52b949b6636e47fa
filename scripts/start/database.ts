import { createHash, createHmac } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { DeployFailure } from "../deploy/failure.ts";
import { ROOT } from "../support/wrangler.ts";

const MIGRATIONS = join(ROOT, "migrations");
/** The runtime keeps a D1 database as an object of this class, which is named after the binding. */
const CLASS = "miniflare-D1DatabaseObject";
const BINDING = "DB";
/** How long a statement waits for one of a server that runs, in ms. */
const BUSY_MS = 10_000;
/** Makes the table as wrangler does, whose `d1 migrations` reads there what is applied. */
export const MIGRATIONS_TABLE =
  "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";
const Names = z.array(z.object({ name: z.string() }));

/** The folder of the databases of a state. */
export const DATABASES = "v3/d1";

/** The file of the database of a server. */
function fileOf(data: string): string {
  return join(data, DATABASES, CLASS, `${idFromName(CLASS, BINDING)}.sqlite`);
}

/** The id of an object of a class by its name, as the runtime computes it. */
function idFromName(className: string, name: string): string {
  const key = createHash("sha256").update(className).digest();
  const short = (of: string | Buffer) => createHmac("sha256", key).update(of).digest().subarray(0, 16);
  const half = short(name);
  return Buffer.concat([half, short(half)]).toString("hex");
}

/** Whether a server has made its database in the folder. */
export function hasDatabase(data: string): boolean {
  return existsSync(fileOf(data));
}

/** Opens the database of a server, which may be running. It is made if it is not there. */
export function openDatabase(data: string, readOnly = false): DatabaseSync {
  mkdirSync(dirname(fileOf(data)), { recursive: true });
  return new DatabaseSync(fileOf(data), { readOnly, timeout: BUSY_MS });
}

/** The migrations that this release has and the database lacks, and those that it has of a newer release. */
export function migrationsOf(data: string): { missing: string[]; newer: string[] } {
  const own = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  if (!hasDatabase(data)) return { missing: own, newer: [] };
  using database = openDatabase(data, true);
  const isNew =
    database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'").get() === undefined;
  if (isNew) return { missing: own, newer: [] };
  const rows = database.prepare("SELECT name FROM d1_migrations ORDER BY id").all();
  const applied = Names.parse(rows).map(({ name }) => name);
  return {
    missing: own.filter((name) => !applied.includes(name)),
    newer: applied.filter((name) => !own.includes(name)),
  };
}

/** Applies migrations, each as a whole, and notes them. @throws a `DeployFailure` for one that fails */
export function applyMigrations(data: string, names: readonly string[]): void {
  using database = openDatabase(data);
  database.exec(MIGRATIONS_TABLE);
  for (const name of names) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(readFileSync(join(MIGRATIONS, name), "utf8"));
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").run(name);
      database.exec("COMMIT");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DeployFailure(`The migration ${name} has failed: ${reason}.`);
    }
  }
}
