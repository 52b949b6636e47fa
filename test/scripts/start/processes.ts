import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { collectOutput, ROOT } from "../../../scripts/support/wrangler.ts";

export const START = join(ROOT, "scripts/start.ts");

/** An empty folder, which is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parley-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts a server as `npm start` does. */
export function start(...args: string[]): { child: ChildProcess; output: () => string } {
  return run(process.execPath, START, "--port", "0", ...args);
}

/** Starts a program. What it begins ends with the test. */
export function run(command: string, ...args: string[]): { child: ChildProcess; output: () => string } {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(command, args, { detached: true, env });
  onTestFinished(() => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has ended.
    }
  });
  return { child, output: collectOutput(child) };
}

/** The same, once it answers. @returns its origin too */
export async function started(data: string, ...args: string[]) {
  const { child, output } = start("--data", data, ...args);
  for (;;) {
    const origin = /ready: (\S+)/.exec(output())?.[1];
    if (origin) return { child, origin, setup: /join\/(\S+)/.exec(output())?.[1] };
    if (child.exitCode !== null) throw new Error(output());
    await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
  }
}

/** How a start ends that fails. */
export function refused(...args: string[]) {
  return ended(start(...args));
}

/** How a program ends. */
export async function ended({ child, output }: ReturnType<typeof run>) {
  const [code] = await once(child, "close");
  return { code, output: output() };
}

/** Runs a script of npm with variables of the environment besides. */
export function script(name: string, env: Record<string, string>, ...args: string[]) {
  const variables = Object.entries(env).map((pair) => pair.join("="));
  return ended(run("env", ...variables, process.execPath, join(ROOT, `scripts/${name}.ts`), ...args));
}

/** Makes a key for backups by `npm run keys`, of a server that runs. */
export async function backupKey(data: string): Promise<string> {
  const made = await script("keys", {}, "create", "--name", "b", "--scopes", "backup", "--data", data);
  return /psk_\S+/.exec(made.output)?.[0] ?? "";
}

/** The processes that have an environment variable. */
export function runtimesOn(data: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`PARLEY_DATA=${data}`);
    } catch {
      return false;
    }
  });
}
