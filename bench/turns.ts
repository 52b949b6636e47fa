import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Measurement, measure } from "./load/measure.ts";
import type { Workload } from "./load/workloads.ts";
import type { Row } from "./report/table.ts";
import type { Target } from "./targets/target.ts";

/**
 * After a measurement a server finishes work behind its answers, and the next would share the disk with it.
 * It counts as finished once it has used at most a fiftieth of a core for this long, in ms: longer than
 * Parley waits before it indexes messages for search.
 */
const quietMs = 1_200;
const quietShare = 0.02;
const patienceMs = 60_000;

/** Another server gets a moment, in ms, for the end of its sockets. */
const momentMs = 200;

/** The duration, number and kind of measurements. */
export type Turns = {
  rounds: number;
  seconds: number;
  workloads: Workload[];
  /** Measures one workload at one target, if it is not `measure`. */
  how?: typeof measure;
};

/** Measures every workload at every target, the targets in turn, round by round. */
export async function measureInTurn(
  { rounds, seconds, workloads, how = measure }: Turns,
  targets: Target[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of workloads) {
    const turns = targets.flatMap((target) => {
      const load = target.loadOf(workload);
      if (!load) return [];
      const row: Row = { workload, load, target: target.name, rounds: [] };
      return { target, load, row };
    });
    for (let round = 0; round < rounds; round++) {
      for (const { target, load, row } of turns) row.rounds.push(await one(target, load, seconds, how));
    }
    rows.push(...turns.map(({ row }) => row));
  }
  return rows;
}

/**
 * One measurement, reported on stderr. The disk is synced after it: what a server has left to the kernel
 * would be written during the syncs of the next.
 */
async function one(
  target: Target,
  workload: Workload,
  seconds: number,
  how: typeof measure,
): Promise<Measurement> {
  const measurement = await how(target, workload, seconds);
  const rate = Math.round(measurement.messagesPerSecond);
  process.stderr.write(`${workload.name}, ${workload.senders} sending, ${target.name}: ${rate} messages/s\n`);
  if (target.settles) await untilIdle(target);
  else await sleep(momentMs);
  spawnSync("sync");
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
