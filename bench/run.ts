/**
 * `npm run bench`: loads the floor and Parley in turn and prints the results. Fails when a message is lost,
 * repeated or out of order at any member. Flags: see `report/options.ts`.
 */
import { type Options, options } from "./report/options.ts";
import { table } from "./report/table.ts";
import { floor } from "./targets/floor.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";
import type { Target } from "./targets/target.ts";
import { measureInTurn } from "./turns.ts";

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const chosen = options(process.argv.slice(2));
const description = machine();
pinGenerator();
const targets = await startTargets(chosen);
const rows = await measureInTurn(chosen, targets);
process.stdout.write(
  `\n${description}\n${chosen.rounds} rounds of ${chosen.seconds} s, medians\n\n${table(rows)}\n`,
);
process.exit(0);

/** Starts the chosen targets, one after the other. */
async function startTargets({ targets: names, workloads }: Options): Promise<Target[]> {
  const started: Target[] = [];
  const users = Math.min(100, Math.max(...workloads.map(({ rooms, members }) => rooms * members)));
  for (const name of names) started.push(name === "floor" ? await floor() : await parley(users));
  return started;
}
