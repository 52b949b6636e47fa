import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { PASSWORD, Person } from "../../../../scripts/support/person.ts";
import { SignedIn } from "../../../../scripts/support/shapes.ts";
import { collectOutput, ROOT } from "../../../../scripts/support/wrangler.ts";

/** The program behind `npm start`. */
export const START = join(ROOT, "scripts/start.ts");

/** An empty folder, which is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parley-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Starts a server as `npm start` does. It ends with the test. */
function start(
  args: readonly string[],
  settings: Record<string, string> = {},
): { child: ChildProcess; output: () => string } {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [START, "--port", "0", ...args], {
    detached: true,
    env: { ...env, ...settings },
  });
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
export async function started(args: readonly string[], settings: Record<string, string> = {}) {
  const { child, output } = start(args, settings);
  for (;;) {
    const origin = /ready: (\S+)/.exec(output())?.[1];
    if (origin) return { child, origin, setup: /join\/(\S+)/.exec(output())?.[1], output };
    if (child.exitCode !== null) throw new Error(output());
    await Promise.race([once(child.stdout ?? child, "data"), once(child, "exit")]);
  }
}

/** How a start ends that fails. */
export async function refused(...args: string[]): Promise<{ code: number; output: string }> {
  const { child, output } = start(args);
  const [code] = await once(child, "close");
  return { code, output: output() };
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
