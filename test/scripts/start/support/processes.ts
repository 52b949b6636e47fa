import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { PASSWORD, Person } from "../../../../scripts/support/person.ts";
import { SignedIn } from "../../../../scripts/support/shapes.ts";
import { collectOutput, ROOT } from "../../../../scripts/support/wrangler.ts";

export const START = join(ROOT, "scripts/start.ts");

/** An empty folder, which is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parley-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts a server as `npm start` does. */
export function start(...args: string[]): Program {
  return run(process.execPath, START, "--port", "0", ...args);
}

/** A program that runs, and what it has written. */
interface Program {
  child: ChildProcess;
  output: () => string;
}

/** Starts a program. What it begins ends with the test. */
export function run(command: string, ...args: string[]): Program {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(command, args, { detached: true, env });
  onTestFinished(() => killGroup(child));
  return { child, output: collectOutput(child) };
}

/** Ends a server and its runtime at once. */
export function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended.
  }
}

/** The same, once it answers. @returns its origin too, and the code by which the first account is made */
export async function started(data: string, ...args: string[]) {
  const { child, output } = start("--data", data, ...args);
  for (;;) {
    const origin = /ready: (\S+)/.exec(output())?.[1];
    if (origin) return { child, output, origin, setup: /join\/(\S+)/.exec(output())?.[1] };
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

/** Registers somebody who has followed a link. @throws an Error with the status of a refusal */
export async function register(origin: string, username: string, invitation?: string): Promise<Person> {
  const answer = await fetch(`${origin}/v1/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password: PASSWORD, invitation }),
  });
  if (answer.status !== 201) throw new Error(`${answer.status}`);
  const { token, user } = SignedIn.parse(await answer.json());
  return Person.of(origin, token, user);
}

/** Makes a key for backups by `npm run keys`, of a server that runs. */
export async function backupKey(data: string): Promise<string> {
  const made = await script("keys", {}, "create", "--name", "b", "--scopes", "backup", "--data", data);
  return /psk_\S+/.exec(made.output)?.[0] ?? "";
}
