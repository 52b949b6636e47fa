import { readdirSync } from "node:fs";
import { Log, LogLevel, Miniflare } from "miniflare";
import { z } from "zod";
import { log } from "../../src/lib/logger.ts";
import { optionsOf } from "../worker/options.ts";
import type { Plan } from "../worker/plan.ts";
import { markOf } from "./folder.ts";
import type { Inside } from "./front.ts";

/** The export of the Worker that answers without the files of the page. */
const WITHOUT_PAGE = "withoutPage";

/** The minute of the hour of the hourly job, as in wrangler.toml. */
const MINUTE = 17;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const SignInWays = z.object({ setup: z.boolean() });

/** The runtime with the Worker, on the state in a folder, at ports of this machine alone. */
export class Runtime implements AsyncDisposable {
  readonly #miniflare: Miniflare;
  readonly #hourly: { timer?: NodeJS.Timeout } = {};
  readonly inside: Inside;

  private constructor(miniflare: Miniflare, inside: Inside) {
    this.#miniflare = miniflare;
    this.inside = inside;
    this.#scheduleHourly();
  }

  /**
   * Starts the runtime. Its database is up to date.
   * @param folder where the state is
   */
  static async start(plan: Plan, folder: string): Promise<Runtime> {
    const miniflare = keepingSignals(
      () =>
        new Miniflare(
          optionsOf(plan, {
            log: new Log(LogLevel.WARN),
            unsafeRuntimeEnv: markOf(folder),
            unsafeDirectSockets: [{ entrypoint: WITHOUT_PAGE }],
            handleStructuredLogs: ({ level, message }: { level: string; message: string }) =>
              (level === "error" || level === "warn" ? process.stderr : process.stdout).write(`${message}\n`),
          }),
        ),
    );
    try {
      const url = await miniflare.ready;
      const direct = await miniflare.unsafeGetDirectURL(plan.name, WITHOUT_PAGE);
      return new Runtime(miniflare, {
        worker: Number(direct.port),
        page: Number(url.port),
        pageNames: namesIn(plan.assets),
      });
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
    const answer = await fetch(`http://127.0.0.1:${this.inside.worker}/v1/login`);
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

/** The names of the files and folders of a page, as paths have them. */
function namesIn(page: string | undefined): ReadonlySet<string> {
  const names = page === undefined ? [] : readdirSync(page).map((name) => name.replace(/\.html$/, ""));
  return new Set(names.flatMap((name) => (name === "index" ? [name, ""] : [name])));
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
