import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Ready } from "../../scripts/worker/plan.ts";

/**
 * Starts a program of Node that prints one line, `Ready`, and ends with its input, which the system closes
 * when this process ends in any way. It has a process group of its own, so that the runtime, a grandchild, is
 * killed with it.
 * @param options `stderr`: whether its errors are for the caller or for this terminal · `scratch`: where it
 *   leaves temporary files; absent: where all do
 */
export function spawnHost(
  command: readonly string[],
  { stderr = "pipe", scratch }: { stderr?: "pipe" | "inherit"; scratch?: string } = {},
): ChildProcess {
  const [program = "", ...args] = command;
  const env = { ...process.env, ...(scratch !== undefined && { TMPDIR: scratch }) };
  return spawn(program, args, { detached: true, stdio: ["pipe", "pipe", stderr], env });
}

/**
 * Waits for the line of a host.
 * @param patience in ms
 * @throws an Error when the host ends before, or does not answer in time
 */
export async function readiness(child: ChildProcess, patience: number): Promise<Ready> {
  if (child.stdout === null) throw new Error("a host without output");
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the host ended with ${code} before it answered`);
  });
  const [line]: unknown[] = await Promise.race([
    once(lines, "line", { signal: AbortSignal.timeout(patience) }),
    ended,
  ]);
  return Ready.parse(JSON.parse(String(line)));
}

/** Kills a host and its runtime, if they still exist. */
export function killHost({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {}
}
