import { z } from "zod";
import { parseOutput, runWrangler, Wrangler, whenFree } from "../deploy/calls.ts";
import { readPlan } from "../deploy/config.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { objectionToLocal } from "../releases/taken-over.ts";

const Rows = z.tuple([z.object({ results: z.array(z.unknown()) })]);

/** The table of keys, local or deployed. */
export class KeyTable {
  readonly #wrangler = new Wrangler(whenFree(runWrangler));
  readonly #where: readonly string[];
  readonly #isLocal: boolean;
  readonly #database: string;
  readonly #folder: string | undefined;

  constructor({
    remote = false,
    worker,
    "persist-to": folder,
  }: {
    remote?: boolean;
    worker?: string;
    "persist-to"?: string | undefined;
  }) {
    this.#isLocal = !remote;
    this.#folder = folder;
    this.#where = remote ? ["--remote"] : ["--local", ...(folder ? ["--persist-to", folder] : [])];
    this.#database = remote ? readPlan(worker, process.env).database.name : "DB";
  }

  /** Runs a statement. @returns its rows @throws a `DeployFailure` with what wrangler printed */
  async run(statement: string): Promise<unknown[]> {
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

/** A text as SQL has it. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
