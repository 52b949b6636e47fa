/**
 * `npm run bench:neighbours -- [--only text] [--seconds 8]`: how long the owner of a group waits for the
 * answer to a send, alone and while a member of the group does what costs the server most. Prints p50 and p99
 * of both, and the ratio of the p99. The server runs as if deployed, with its rate limits.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SCENARIOS } from "./neighbours/scenarios.ts";
import { Site, text, type World } from "./neighbours/world.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { startWorker, stopAll } from "./targets/process.ts";

/** Between two sends of the owner: they stay within the rate of their calls. */
const PAUSE_MS = 15;

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, seconds: { type: "string", default: "8" } },
});
const duration = Number(values.seconds) * 1_000;
process.stdout.write(`${machine()}\n\n`);
pinGenerator();
const ruleKey = randomBytes(16).toString("hex");
process.stdout.write(
  "| a member | alone: p50 | p99 | beside: p50 | p99 | ratio of p99 | what became of it |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|\n");
for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only))) {
  // A server each: what one scenario leaves to do burdens no other.
  const settings = {
    TOKEN_SECRET: randomBytes(32).toString("hex"),
    USERSIG_RULE_KEY: ruleKey,
    REQUEST_LOG: "failures",
  };
  const server = await startWorker(join(import.meta.dirname, "../wrangler.toml"), settings, {});
  const site = new Site(server.url, ruleKey);
  const world = await scenario.prepare(site);
  await waits(site, world, performance.now() + 500);
  const alone = await waits(site, world, performance.now() + duration);
  const until = performance.now() + duration;
  const [beside, became] = await Promise.all([
    waits(site, world, until),
    scenario.disturb(site, world, until),
  ]);
  const cells = [alone(0.5), alone(0.99), beside(0.5), beside(0.99)].map((ms) => ms.toFixed(1));
  const ratio = (beside(0.99) / alone(0.99)).toFixed(1);
  process.stdout.write(`| ${[scenario.name, ...cells, ratio, became].join(" | ")} |\n`);
  server.stop();
}
process.exit(0);

/** Sends one message after the other until a time. @returns the quantiles of the waits, in ms */
async function waits(site: Site, world: World, until: number): Promise<(part: number) => number> {
  const all: number[] = [];
  do {
    const start = performance.now();
    await site.send(world, world.owner, text("another word"));
    all.push(performance.now() - start);
    await sleep(PAUSE_MS);
  } while (performance.now() < until);
  all.sort((a, b) => a - b);
  return (part) => all[Math.min(all.length - 1, Math.floor(all.length * part))] ?? 0;
}
