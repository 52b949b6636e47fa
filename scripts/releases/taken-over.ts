/**
 * Which databases this release can take over: those whose tables are as its own migrations make them.
 * A release before 0.2.0 had others, and so may a commit between two releases. Migrations on top of them
 * would leave a state for no release.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { parseOutput, type Wrangler } from "../deploy/calls.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { ROOT } from "../support/wrangler.ts";

const MIGRATIONS = join(ROOT, "migrations");
/** Where `npm run dev` keeps its state, unless `--persist-to` names another folder. */
const STATE = join(ROOT, ".wrangler/state");

/** How long a read waits for a server that writes, in ms. */
const BUSY_MS = 10_000;

const SCHEMA = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL";
const APPLIED = "SELECT name FROM d1_migrations ORDER BY id";
const Tables = z.array(z.object({ name: z.string(), sql: z.string() }));
const Names = z.array(z.object({ name: z.string() }));

/** Reads rows of a database. */
type Read = (query: string) => Promise<unknown> | unknown;

/**
 * Why this release cannot take over a database.
 * @returns null if it can: it is new, or its own migrations made it, or a newer release that has them, too;
 *   other tables beside theirs do not matter
 */
async function objectionTo(read: Read): Promise<string | null> {
  const found = new Map(Tables.parse(await read(SCHEMA)).map(({ name, sql }) => [name, plain(sql)]));
  if (!found.has("d1_migrations")) return null;
  const applied = Names.parse(await read(APPLIED)).map(({ name }) => name);
  const own = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
  const expected = own.toSorted().slice(0, applied.length);
  const strange = expected.find((name, at) => name !== applied[at]);
  if (strange !== undefined) return `the migration ${strange} was not applied in its turn`;
  // A newer release has altered tables by migrations that are unknown here.
  if (applied.length > own.length) return null;
  const other = schemaOf(expected).find(({ name, sql }) => found.get(name) !== plain(sql));
  return other === undefined ? null : `its ${other.name} differs from that of the migrations`;
}

/** What these migrations make of an empty database. */
function schemaOf(names: readonly string[]): z.infer<typeof Tables> {
  using database = new DatabaseSync(":memory:");
  for (const name of names) database.exec(readFileSync(join(MIGRATIONS, name), "utf8"));
  return Tables.parse(database.prepare(SCHEMA).all());
}

function plain(sql: string): string {
  return sql.replaceAll(/\s+/g, " ").trim();
}

/**
 * Why the state of `npm run dev` cannot be taken over, in a line that says what to do. Nothing is written.
 * @param folder as `--persist-to` has it
 * @returns null if it can, or if there is none
 */
export async function objectionToLocal(folder: string | undefined): Promise<string | null> {
  const state = folder === undefined ? STATE : resolve(ROOT, folder);
  const databases = join(state, "v3/d1/miniflare-D1DatabaseObject");
  if (!existsSync(databases)) return null;
  for (const name of readdirSync(databases).filter((one) => one.endsWith(".sqlite"))) {
    using database = new DatabaseSync(join(databases, name), { readOnly: true, timeout: BUSY_MS });
    const objection = await objectionTo((query) => database.prepare(query).all());
    if (objection !== null)
      return `The state in ${state} is of no release since 0.2.0 (${objection}), and this one cannot use it. Nothing was changed: remove that folder, or choose another one with --persist-to.`;
  }
  return null;
}

/** @throws a `DeployFailure` if the deployed database cannot be taken over */
export async function requireTakeover(wrangler: Wrangler, config: string): Promise<void> {
  const what = "The database could not be read.";
  const objection = await objectionTo(async (query) => {
    const flags = ["--remote", "--json", "--yes", "--config", config];
    const called = await wrangler.must(what, ["d1", "execute", "DB", ...flags, "--command", query]);
    const [{ results }] = parseOutput(z.tuple([z.object({ results: z.unknown() })]), called, what);
    return results;
  });
  if (objection === null) return;
  throw new DeployFailure(
    `The database is of no release since 0.2.0 (${objection}), and this one cannot use it. Nothing was changed: deploy under another name with --name, which makes a database of its own.`,
  );
}
