import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { plan } from "./bundle.ts";
import { onServerCore, type Usage, usageOf } from "./machine.ts";
import { Ready } from "./plan.ts";

/** A Worker in its own process group, with its state in a temporary folder. */
export type Server = {
  /** Its URL, without a trailing slash. */
  url: string;
  /** The folder of its state. */
  state: string;
  usage(): Usage | undefined;
  /** Ends the whole group and removes its state. */
  stop(): void;
};

const running = new Set<Server>();

/** Ends every running server: called at the end, on errors and on signals. */
export function stopAll(): void {
  for (const server of running) server.stop();
}

/**
 * Starts the Worker of a wrangler.toml on the first core.
 * @param entry the Worker, if it is not the file's
 * @throws an Error when it does not answer within half a minute
 */
export async function start(
  config: string,
  bindings: Record<string, string>,
  entry?: string,
): Promise<Server> {
  const scratch = mkdtempSync(join(tmpdir(), "parley-bench-"));
  const planned = join(scratch, "plan.json");
  const host = [process.execPath, join(import.meta.dirname, "../host.ts"), planned];
  const [command = "", ...args] = onServerCore(host);
  let child: ChildProcess | undefined;
  const server: Server = {
    url: "",
    state: join(scratch, "state"),
    usage: () => (child?.pid === undefined ? undefined : usageOf(child.pid)),
    stop: () => {
      running.delete(server);
      if (child?.pid !== undefined) kill(child.pid);
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  running.add(server);
  writeFileSync(planned, JSON.stringify(await plan(config, entry, scratch, bindings)));
  // Detached: a process group of its own, so that workerd, a grandchild, ends with it.
  child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  server.url = await urlOf(child);
  return server;
}

/** Waits for the line with the host's URL. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("a host without output");
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(() => {
    throw new Error("the host ended before it answered");
  });
  const [line]: unknown[] = await Promise.race([
    once(lines, "line", { signal: AbortSignal.timeout(30_000) }),
    ended,
  ]);
  return Ready.parse(JSON.parse(String(line))).url.replace(/\/$/, "");
}

/** Ends a process group, if it still exists. */
function kill(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {}
}
