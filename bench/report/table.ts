import type { Measurement } from "../load/measure.ts";
import { median } from "../load/statistics.ts";
import type { Workload } from "../load/workloads.ts";

/**
 * The measurements of one workload at one target, one for each round. `load`: what stood for the workload at
 * this target, often itself.
 */
export type Row = { workload: Workload; load: Workload; target: string; rounds: Measurement[] };

const head = [
  "workload",
  "senders",
  "target",
  "messages/s",
  "spread",
  "deliveries/s",
  "p50 / p99 ms",
  "ratio to the floor",
  "CPU µs / message",
  "RSS MB",
  "generator",
  "others",
];

/** A markdown table: medians over the rounds, and the spread of the rounds. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => cellsOf(row, rows.find(isFloorOf(row))));
  return [head, head.map(() => "---"), ...cells].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** Whether a row is the floor of another one: it took turns with it. */
function isFloorOf({ workload }: Row): (row: Row) => boolean {
  return (row) => row.target === "floor" && row.workload === workload;
}

function cellsOf({ workload, load, target, rounds }: Row, floor: Row | undefined): string[] {
  const of = (pick: (round: Measurement) => number | undefined) =>
    rounds.map(pick).filter((value) => value !== undefined);
  const rates = of((round) => round.messagesPerSecond);
  const cpu = of((round) => round.cpuPerMessage);
  const resident = of((round) => round.residentBytes);
  const others = of((round) => round.othersShare);
  const p50 = median(of((round) => round.p50));
  const p99 = median(of((round) => round.p99));
  return [
    workload.name,
    workload.senders,
    load === workload ? target : `${target}, ${load.name}`,
    whole(median(rates)),
    `${whole(Math.min(...rates))}–${whole(Math.max(...rates))}`,
    workload.over === "http" ? "" : whole(median(of((round) => round.deliveriesPerSecond))),
    `${p50.toFixed(2)} / ${p99.toFixed(2)}`,
    floor === undefined || target === "floor" ? "" : ratio(rounds, floor.rounds),
    cpu.length === 0 ? "n/a" : median(cpu).toFixed(1),
    resident.length === 0 ? "n/a" : whole(Math.max(...resident) / 2 ** 20),
    `${whole(median(of((round) => round.generatorShare)) * 100)} %`,
    others.length === 0 ? "n/a" : `${whole(median(others) * 100)} %`,
  ];
}

/** Messages/s relative to the floor's in the same round, and the median latency and the CPU likewise. */
function ratio(rounds: readonly Measurement[], floor: readonly Measurement[]): string {
  const over = (pick: (round: Measurement) => number) =>
    rounds.map((round, index) => {
      const other = floor[index];
      return other === undefined ? Number.NaN : pick(round) / pick(other);
    });
  const rates = over((round) => round.messagesPerSecond);
  const latency = median(over((round) => round.p50)).toFixed(2);
  const cpu = median(over((round) => round.cpuPerMessage ?? Number.NaN));
  const spread = `${Math.min(...rates).toFixed(2)}–${Math.max(...rates).toFixed(2)}`;
  const withoutCpu = `${median(rates).toFixed(2)} (${spread}), p50 ${latency}`;
  return Number.isNaN(cpu) ? withoutCpu : `${withoutCpu}, CPU ${cpu.toFixed(2)}`;
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");
