/**
 * `npm run bench`: loads Parley, the floor and Socket.IO in turn and prints the results. Fails when a message
 * is lost, repeated or out of order at any member. Flags: see `report/options.ts`.
 */
import { measure } from "./load/measure.ts";
import { options } from "./report/options.ts";
import { profiled } from "./report/profile.ts";
import { table } from "./report/table.ts";
import { startTarget } from "./targets/all.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { stopAll } from "./targets/process.ts";
import type { Target } from "./targets/target.ts";
import { measureInTurn } from "./turns.ts";

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const chosen = options(process.argv.slice(2));
const description = machine();
pinGenerator();
const targets: Target[] = [];
for (const name of chosen.targets) {
  targets.push(await startTarget(name, chosen.workloads, { inspector: chosen.profile }));
}
const rows = await measureInTurn(chosen.profile ? { ...chosen, how: measureProfiled } : chosen, targets);
process.stdout.write(
  `\n${description}\n${chosen.rounds} rounds of ${chosen.seconds} s, medians\n\n${table(rows)}\n`,
);
process.exit(0);

/** Measures while the target's Worker is profiled, and prints the profile. */
async function measureProfiled(...[target, workload, seconds]: Parameters<typeof measure>) {
  if (target.inspector === undefined) return measure(target, workload, seconds);
  const profile = await profiled(target, () => measure(target, workload, seconds));
  process.stdout.write(
    `\n${workload.name}, ${workload.senders} sending, ${target.name}:\n\n${profile.table}\n`,
  );
  return profile.result;
}
