import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSettings } from "./dev-vars.ts";
import { whenOrphaned } from "./orphan.ts";
import { freePort } from "./ports.ts";
import { collectOutput, PREPARED, ROOT } from "./wrangler.ts";

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;
const PROBE_PAUSE_MS = 50;

/** Where a server has its state and its settings. */
export type ServerPaths = Pick<TemporaryFolder, "state" | "settings" | "registry">;

/** A temporary folder with a server's state and settings, apart from those of developers. */
export class TemporaryFolder {
  readonly #folder = mkdtempSync(join(tmpdir(), "parley-"));
  readonly state = join(this.#folder, "state");
  readonly settings = join(this.#folder, "settings");
  /** Where wrangler lists running Workers: a separate list hides servers from each other. */
  readonly registry = join(this.#folder, "registry");
  /** For files that a script needs besides. */
  readonly scratch = join(this.#folder, "scratch");

  /** @param settings lines in the format of `.dev.vars` that replace those of `npm run dev` */
  constructor(settings: readonly string[] = []) {
    mkdirSync(this.scratch);
    writeSettings(this.settings, settings);
  }

  get paths(): ServerPaths {
    const { state, settings, registry } = this;
    return { state, settings, registry };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A server started by `npm run dev` on a free port, in its own process group. */
export class Server {
  readonly origin: string;
  /** Milliseconds from `npm run dev` to the first successful /healthz. */
  startMs = 0;
  /** Of these, the part after the database was migrated: from the start of `wrangler dev`. */
  wranglerMs = 0;
  readonly #child: ChildProcess;
  readonly #output: () => string;
  /** Settles when no process holds the output: the whole process tree has ended. */
  readonly #closed: Promise<void>;
  readonly #killOnExit = () => this.#signal("SIGKILL");

  private constructor(child: ChildProcess, port: number) {
    this.origin = `http://localhost:${port}`;
    this.#child = child;
    this.#output = collectOutput(child);
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
    // The group is not this script's, so Ctrl-C or a crash here would leave it running. It ends before other
    // handlers run, as it must not write to a folder that is being removed.
    process.prependOnceListener("exit", this.#killOnExit);
  }

  /**
   * Starts a server on the state of `folder`. Resolves once /healthz answers 200.
   * @param checkout whose server: this one's, unless another is named
   */
  static async start(folder: ServerPaths, checkout = ROOT): Promise<Server> {
    const port = await freePort();
    const flags = ["--port", String(port), "--inspector-port", "0", "--persist-to", folder.state];
    const child = spawn("npm", ["run", "dev", "--", ...flags, "--env-file", folder.settings], {
      cwd: checkout,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CI: "1", WRANGLER_REGISTRY_PATH: folder.registry },
    });
    const server = new Server(child, port);
    await server.#healthy();
    return server;
  }

  /** The server's recent output, for messages of failures. */
  get output(): string {
    return this.#output();
  }

  /** Ends the server as a supervisor does. @throws an Error after 10 s */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    let stubborn = false;
    const timeout = setTimeout(() => {
      stubborn = true;
      this.#signal("SIGKILL");
    }, STOP_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timeout);
    await this.kill();
    if (stubborn) throw new Error("the server did not stop after SIGTERM");
  }

  /** Kills the whole process group at once, as a power cut would. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#closed;
    process.off("exit", this.#killOnExit);
  }

  async #healthy(): Promise<void> {
    const started = performance.now();
    let prepared = started;
    this.#child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes(PREPARED)) prepared = performance.now();
    });
    while (performance.now() - started < START_TIMEOUT_MS) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break;
      const signal = AbortSignal.timeout(START_TIMEOUT_MS);
      const response = await fetch(`${this.origin}/healthz`, { signal }).catch(() => null);
      await response?.body?.cancel();
      if (response?.status === 200) {
        this.startMs = Math.round(performance.now() - started);
        this.wranglerMs = Math.round(performance.now() - prepared);
        return;
      }
      await pause();
    }
    await this.kill();
    throw new Error(`the server did not come up:\n${this.output}`);
  }

  /** Sends a signal to the group, if it still exists. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group has ended.
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
}

/**
 * Runs a story in a temporary folder for at most `limitMs`, if there is a limit, and cleans up, even after
 * an interrupt. The process exits with 0 after a success, else with 1 and the reason.
 */
export async function inTemporaryFolder(
  limitMs: number | undefined,
  story: (folder: TemporaryFolder) => Promise<void>,
  settings?: readonly string[],
): Promise<void> {
  const folder = new TemporaryFolder(settings);
  process.once("exit", () => folder.remove());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(130));
  }
  whenOrphaned(() => process.exit(130));
  if (limitMs !== undefined)
    setTimeout(() => fail(new Error(`not done after ${limitMs / 1_000} s`)), limitMs);
  await story(folder).catch(fail);
  process.exit(0);
}

function fail(error: unknown): never {
  console.error(`\nFAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
