import { setTimeout as sleep } from "node:timers/promises";
import { type Measurement, measure } from "./load/measure.ts";
import type { Workload } from "./load/workloads.ts";
import type { Row } from "./report/table.ts";
import type { Target } from "./targets/target.ts";

/**
 * After a measurement a server finishes work behind its answers, and the next would share the disk with it.
 * It counts as finished once it has used at most a fiftieth of a core for this long, in ms.
 */
const quietMs = 1_500;
const quietShare = 0.02;
const patienceMs = 60_000;

/** The duration, number and kind of measurements. */
export type Turns = { rounds: number; seconds: number; workloads: Workload[] };

/** Measures every workload at every target, the targets in turn, round by round. */
export async function measureInTurn(
  { rounds, seconds, workloads }: Turns,
  targets: Target[],
): Promise<Row[]> {
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

/** One measurement, reported on stderr. */
async function one(target: Target, workload: Workload, seconds: number): Promise<Measurement> {
  const measurement = await measure(target, workload, seconds);
  process.stderr.write(
    `${workload.name} ${target.name}: ${Math.round(measurement.messagesPerSecond)} messages/s\n`,
  );
  await untilIdle(target);
  return measurement;
}

/** Resolves once a target is idle, or cannot be observed, or after a time limit. */
async function untilIdle(target: Target): Promise<void> {
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
