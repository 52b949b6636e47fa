/**
 * The process of a target: `node bench/command.ts <state> <start|dev>` starts Parley by the command of that
 * name, with rate limits and the log of requests off, prints one line `{"url"}`, and ends with its input.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../scripts/support/ports.ts";
import { collectOutput, ROOT } from "../scripts/support/wrangler.ts";
import type { Ready } from "../scripts/worker/plan.ts";

const [state = "", command] = process.argv.slice(2);
const port = String(await freePort());
const SETTINGS = { RATE_LIMITS: "off", REGISTRATION: "open", REQUEST_LOG: "failures" };

const run = (script: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [join(ROOT, script), "--port", port, ...args], { env: { ...process.env, ...env } });
const child =
  command === "start"
    ? run("scripts/start.ts", ["--data", state], SETTINGS)
    : run("scripts/dev.ts", [
        ...["--persist-to", state],
        ...Object.entries(SETTINGS).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
      ]);
const output = collectOutput(child);
const url = `http://127.0.0.1:${port}`;
const isUp = () =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
while (!(await isUp())) {
  if (child.exitCode !== null) throw new Error(output());
  await setTimeout(100);
}
process.stdout.write(`${JSON.stringify({ url } satisfies Ready)}\n`);

process.stdin.resume();
process.stdin.once("end", () => {
  child.once("exit", () => process.exit(0));
  child.kill("SIGTERM");
});
