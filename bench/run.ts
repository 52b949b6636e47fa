/**
 * `npm run bench`: loads the floor and Parley in turn and prints what each did. Fails when a message is
 * lost, repeated or out of order at any member. Flags: see `report/options.ts`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Measurement, measure } from "./load/measure.ts";
import type { Workload } from "./load/workloads.ts";
import { type Options, options } from "./report/options.ts";
import { type Row, table } from "./report/table.ts";
import { floor } from "./targets/floor.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";
import type { Target } from "./targets/target.ts";

/**
 * Between measurements a server ends what it does behind its answers: the next would share the disk with it.
 * It counts as done once it has used no more than a fiftieth of a core for longer than it waits for quiet.
 */
const quietMs = 1_500;
const quietShare = 0.02;
const patienceMs = 60_000;

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const chosen = options(process.argv.slice(2));
const description = machine();
pinGenerator();
const targets = await startTargets(chosen);
const rows = await runAll(chosen, targets);
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

/** Every workload at every target, the targets in turn, round by round. */
async function runAll({ rounds, seconds, workloads }: Options, targets: Target[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of workloads) {
    const able = targets.filter((target) => target.arrays || !workload.arrays);
    const rowsOf = able.map((target): Row => ({ workload: workload.name, target: target.name, rounds: [] }));
    for (let round = 0; round < rounds; round++) {
      for (const [index, target] of able.entries()) {
        rowsOf[index]?.rounds.push(await one(target, workload, seconds));
      }
    }
    rows.push(...rowsOf);
  }
  return rows;
}

/** One measurement, told of on stderr as it is done. */
async function one(target: Target, workload: Workload, seconds: number): Promise<Measurement> {
  const measurement = await measure(target, workload, seconds);
  process.stderr.write(
    `${workload.name} ${target.name}: ${Math.round(measurement.messagesPerSecond)} messages/s\n`,
  );
  await rested(target);
  return measurement;
}

/** Resolves once a target does nothing any more, or that cannot be known, or it takes too long. */
async function rested(target: Target): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let before = target.usage(); performance.now() < deadline; ) {
    await sleep(quietMs);
    const now = target.usage();
    if (!before || !now) return;
    const used = (now.cpuMicroseconds - before.cpuMicroseconds) / 1_000;
    if (used < quietMs * quietShare) return;
    before = now;
  }
}
