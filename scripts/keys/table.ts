import { z } from "zod";
import { parseOutput, runWrangler, Wrangler, whenFree } from "../deploy/calls.ts";
import { readPlan } from "../deploy/config.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { objectionToLocal } from "../releases/taken-over.ts";
import { hasDatabase, openDatabase } from "../start/database.ts";
import { reasonOf } from "../start/folder.ts";

const Rows = z.tuple([z.object({ results: z.array(z.unknown()) })]);

/** The table of keys, local or deployed. */
export class KeyTable {
  readonly #wrangler = new Wrangler(whenFree(runWrangler));
  readonly #where: readonly string[];
  readonly #isLocal: boolean;
  readonly #database: string;
  readonly #folder: string | undefined;
  readonly #data: string | undefined;

  constructor({
    remote = false,
    worker,
    "persist-to": folder,
    data,
  }: {
    remote?: boolean;
    worker?: string;
    "persist-to"?: string | undefined;
    data?: string | undefined;
  }) {
    this.#data = data;
    this.#isLocal = !remote;
    this.#folder = folder;
    this.#where = remote ? ["--remote"] : ["--local", ...(folder ? ["--persist-to", folder] : [])];
    this.#database = remote ? readPlan(worker, process.env).database.name : "DB";
  }

  /** Runs a statement. @returns its rows @throws a `DeployFailure` with what wrangler printed */
  async run(statement: string): Promise<unknown[]> {
    if (this.#data !== undefined) return runIn(this.#data, statement);
    // Before the first \`npm run dev\` there are no tables. A deployed database has those of its release.
    if (this.#isLocal) await this.#prepare();
    const what = "The database did not take it.";
    const called = await this.#wrangler.must(what, [
      ...["d1", "execute", this.#database, ...this.#where, "--json", "--yes", "--command", statement],
    ]);
    const [{ results }] = parseOutput(Rows, called, what);
    return results;
  }

  async #prepare(): Promise<void> {
    const objection = await objectionToLocal(this.#folder);
    if (objection !== null) throw new DeployFailure(objection);
    await this.#wrangler.must("The local database could not be made.", [
      ...["d1", "migrations", "apply", this.#database, ...this.#where],
    ]);
  }
}

/** Runs a statement in the database of `npm start`, which may be running. */
function runIn(data: string, statement: string): unknown[] {
  if (!hasDatabase(data)) throw new DeployFailure(`There is no server in ${data}: \`npm start\` makes one.`);
  try {
    using database = openDatabase(data);
    return database.prepare(statement).all();
  } catch (cause) {
    throw new DeployFailure(`The database in ${data} did not take it: ${reasonOf(cause)}.`);
  }
}

/** A text as SQL has it. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
