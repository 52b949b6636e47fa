import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { killHost, readiness, spawnHost } from "../../../bench/targets/host-process.ts";
import { MIGRATIONS_TABLE } from "../../start/database.ts";
import type { TemporaryFolder } from "../../support/server.ts";
import { collectOutput, ROOT } from "../../support/wrangler.ts";
import { plan } from "../../worker/bundle.ts";
import type { Plan } from "../../worker/plan.ts";

const START_TIMEOUT_MS = 40_000;

/** A server whose clock can be set (`worker/`), on the state that `npm run dev` finds later. */
export class PastServer implements AsyncDisposable {
  readonly origin: string;
  readonly #child: ChildProcess;
  /** Settles when no process holds the output: host and runtime have ended. */
  readonly #ended: Promise<unknown>;
  readonly #kill: () => void;

  private constructor(origin: string, child: ChildProcess, ended: Promise<unknown>, kill: () => void) {
    this.origin = origin;
    this.#child = child;
    this.#ended = ended;
    this.#kill = kill;
  }

  /** Makes the state of `folder`, which has none yet. Resolves once the server answers. */
  static async start(folder: TemporaryFolder): Promise<PastServer> {
    const planned = join(folder.scratch, "plan.json");
    writeFileSync(planned, JSON.stringify(await planOf(folder)));
    const child = spawnHost([process.execPath, join(ROOT, "bench/host.ts"), planned], {
      scratch: folder.scratch,
    });
    const kill = () => {
      if (child.exitCode === null) killHost(child);
    };
    // Before the handler that removes the folder.
    process.prependOnceListener("exit", kill);
    const output = collectOutput(child);
    const ended = once(child, "close");
    const { url } = await readiness(child, START_TIMEOUT_MS).catch((cause: unknown) => {
      throw new Error(`the server of the past does not start:\n${output()}`, { cause });
    });
    return new PastServer(url.replace(/\/$/, ""), child, ended, kill);
  }

  /** @param at ms since 1970, not in the future; the clock never goes back */
  async setClock(at: number): Promise<void> {
    const { status } = await fetch(`${this.origin}/clock-of-the-past`, { method: "POST", body: String(at) });
    if (status !== 204) throw new Error(`the clock is not set to ${at}: ${status}`);
  }

  /** Ends the server as a supervisor does. Resolves once no process holds the state. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
    process.off("exit", this.#kill);
  }
}

async function planOf(folder: TemporaryFolder): Promise<Plan> {
  const config = join(ROOT, "wrangler.toml");
  const settings = parseEnv(readFileSync(folder.settings, "utf8"));
  const bindings = Object.fromEntries(Object.entries(settings).map(([name, value = ""]) => [name, value]));
  const worker = await plan(config, join(import.meta.dirname, "worker/worker.ts"), folder.scratch, bindings);
  return {
    ...worker,
    // Where `wrangler dev --persist-to` looks.
    state: join(folder.state, "v3"),
    inspector: false,
    migrations: worker.migrations.map(({ binding, queries }) => ({
      binding,
      queries: [...queries, ...recorded()],
    })),
  };
}

/** The queries by which wrangler knows that the migrations were applied. */
function recorded(): string[] {
  const names = readdirSync(join(ROOT, "migrations")).filter((name) => name.endsWith(".sql"));
  return [
    MIGRATIONS_TABLE,
    ...names.toSorted().map((name) => `INSERT INTO d1_migrations (name) VALUES ('${name}')`),
  ];
}
