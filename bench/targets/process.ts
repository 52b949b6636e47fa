import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plan } from "../../scripts/worker/bundle.ts";
import type { Plan } from "../../scripts/worker/plan.ts";
import { killHost, readiness, spawnHost } from "./host-process.ts";
import { onServerCore, type Usage, usageOf } from "./machine.ts";

/** A server in its own process group, with its state in a temporary folder. */
export type Server = {
  /** Its URL, without a trailing slash. */
  url: string;
  /** The address of the inspector of its Worker, if it was started with one. */
  inspector: string | undefined;
  /** The folder of its state. */
  state: string;
  /** The folder of the bundle of its Worker, if it is one. */
  bundle: string;
  usage(): Usage | undefined;
  /** Ends the whole group and removes its state. */
  stop(): void;
};

/** Longer than a start takes. */
const PATIENCE_MS = 180_000;
const running = new Set<Server>();

/** Ends every running server: called at the end, on errors and on signals. */
export function stopAll(): void {
  for (const server of running) server.stop();
}

/** How a Worker is started. */
export type WorkerOptions = {
  /** the Worker, if it is not the one of the wrangler.toml */
  entry?: string | undefined;
  /** whether an inspector can profile it */
  inspector?: boolean | undefined;
  /** statements for D1 behind its migrations */
  queries?: readonly string[];
};

/**
 * Starts the Worker of a wrangler.toml on the first core.
 * @throws an Error when it does not answer within three minutes
 */
export function startWorker(
  config: string,
  bindings: Record<string, string>,
  { entry, inspector = false, queries = [] }: WorkerOptions = {},
): Promise<Server> {
  return launch("workerd", async (scratch) => {
    const planned = join(scratch, "plan.json");
    const worker = await plan(config, entry, scratch, bindings);
    const further = queries.length > 0 ? [{ binding: "DB", queries: [...queries] }] : [];
    const migrations = [...worker.migrations, ...further];
    writeFileSync(planned, JSON.stringify({ ...worker, migrations, inspector } satisfies Plan));
    return [join(import.meta.dirname, "../host.ts"), planned];
  });
}

/**
 * Starts a program of Node on the first core. It gets the folder of its state, then the arguments.
 * @throws an Error when it does not answer within three minutes
 */
export function startNode(script: string, ...args: string[]): Promise<Server> {
  return launch(undefined, async (scratch) => {
    const state = join(scratch, "state");
    mkdirSync(state);
    return [script, state, ...args];
  });
}

/**
 * Starts a program of Node that prints one line with its URL and ends with its input.
 * @param name the process whose memory counts, if it is not the program itself
 * @param prepare returns the program and its arguments, for an empty folder
 */
async function launch(
  name: string | undefined,
  prepare: (scratch: string) => Promise<string[]>,
): Promise<Server> {
  const scratch = mkdtempSync(join(tmpdir(), "parley-bench-"));
  let child: ChildProcess | undefined;
  const server: Server = {
    url: "",
    inspector: undefined,
    state: join(scratch, "state"),
    bundle: join(scratch, "bundle"),
    usage: () => (child?.pid === undefined ? undefined : usageOf(child.pid, name)),
    stop: () => {
      running.delete(server);
      if (child) killHost(child);
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  running.add(server);
  const command = onServerCore([process.execPath, ...(await prepare(scratch))]);
  child = spawnHost(command, { stderr: "inherit" });
  const { url, inspector } = await readiness(child, PATIENCE_MS);
  server.url = url.replace(/\/$/, "");
  server.inspector = inspector;
  return server;
}
