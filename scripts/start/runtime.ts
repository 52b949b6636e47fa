import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { z } from "zod";
import { log } from "../../src/lib/logger.ts";
import { DeployFailure } from "../deploy/failure.ts";
import { ROOT } from "../support/wrangler.ts";
import { optionsOf } from "../worker/options.ts";
import type { Plan } from "../worker/plan.ts";
import { markOf } from "./folder.ts";

const MIGRATIONS = join(ROOT, "migrations");

/** The minute of the hour of the hourly job, as in wrangler.toml. */
const MINUTE = 17;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const SignInWays = z.object({ setup: z.boolean() });

/** The runtime with the Worker, on the state in a folder, at a port of this machine alone. */
export class Runtime implements AsyncDisposable {
  readonly #miniflare: Miniflare;
  readonly #hourly: { timer?: NodeJS.Timeout } = {};
  readonly port: number;

  private constructor(miniflare: Miniflare, port: number) {
    this.#miniflare = miniflare;
    this.port = port;
    this.#scheduleHourly();
  }

  /**
   * Starts the runtime, and migrates its database.
   * @param folder where the state is
   * @throws a `DeployFailure` if a newer release has migrated the database
   */
  static async start(plan: Plan, folder: string): Promise<Runtime> {
    const miniflare = keepingSignals(
      () =>
        new Miniflare(
          optionsOf(plan, {
            log: new Log(LogLevel.WARN),
            unsafeRuntimeEnv: markOf(folder),
            handleStructuredLogs: ({ level, message }: { level: string; message: string }) =>
              (level === "error" || level === "warn" ? process.stderr : process.stdout).write(`${message}\n`),
          }),
        ),
    );
    try {
      const url = await miniflare.ready;
      await migrate(await miniflare.getD1Database("DB"), folder);
      return new Runtime(miniflare, Number(url.port));
    } catch (error) {
      await miniflare.dispose();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#hourly.timer);
    await this.#miniflare.dispose();
  }

  /** Whether nobody has a role yet. */
  async awaitsSetup(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/v1/login`);
    return SignInWays.parse(await answer.json()).setup;
  }

  #scheduleHourly(): void {
    const sinceJob = (Date.now() - MINUTE * MINUTE_MS) % HOUR_MS;
    this.#hourly.timer = setTimeout(() => {
      this.#scheduleHourly();
      this.#runHourly().catch((error: unknown) =>
        log("error", "hourly_job_failed", { error: String(error) }),
      );
    }, HOUR_MS - sinceJob);
  }

  async #runHourly(): Promise<void> {
    const worker = await this.#miniflare.getWorker();
    await worker.scheduled({ cron: `${MINUTE} * * * *` });
  }
}

/** The signals at which Miniflare would end at once: the server has work to end before. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Does something that leaves the handlers of signals as they are. */
function keepingSignals<T>(work: () => T): T {
  const before = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  const result = work();
  for (const [signal, known] of before)
    for (const one of process.listeners(signal)) if (!known.includes(one)) process.off(signal, one);
  return result;
}

/** Applies the migrations that a database has not, each as a whole, and notes them as wrangler does. */
async function migrate(
  database: Awaited<ReturnType<Miniflare["getD1Database"]>>,
  folder: string,
): Promise<void> {
  await database
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const own = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const newer = [...applied].find((name) => !own.includes(name));
  if (newer !== undefined)
    throw new DeployFailure(
      `The state in ${folder} is of a newer release (it has the migration ${newer}). Nothing was changed: start that release.`,
    );
  const missing = own.filter((one) => !applied.has(one));
  if (missing.length === 0) return;
  const { unstable_splitSqlQuery } = await import("wrangler");
  for (const name of missing) {
    const queries = unstable_splitSqlQuery(readFileSync(join(MIGRATIONS, name), "utf8"));
    await database.batch([
      ...queries.map((query) => database.prepare(query)),
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}
