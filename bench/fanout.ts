/**
 * `npm run bench:fanout`: rooms of 2, 10 and 100 with the fan-out to every member's inbox, and in turn
 * without it, in a build of its own (`alone/no-updates.ts`). Then rooms of 2 and 10 with a device socket for
 * each member, with inboxes that drop what is for these (`alone/pages-dropped.ts`), and with device sockets
 * that focus the room. Prints the share of the throughput that the fan-out leaves.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "./load/statistics.ts";
import { type Workload, workloads } from "./load/workloads.ts";
import type { Row } from "./report/table.ts";
import { machine, pinGenerator } from "./targets/machine.ts";
import { parley } from "./targets/parley.ts";
import { stopAll } from "./targets/process.ts";
import { measureInTurn } from "./turns.ts";

const ROOMS = ["W1", "W2", "W3"];
const ROOMS_WITH_DEVICES = ["W1", "W2"];

process.once("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "3" } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const description = machine();
pinGenerator();
const lines = [
  ...(await compare("with fan-out", ROOMS, "none")),
  ...(await compare("with fan-out, each with a device", ROOMS_WITH_DEVICES, "open")),
  ...(await compare(
    "with fan-out, pages for devices dropped",
    ROOMS_WITH_DEVICES,
    "open",
    "pages-dropped.ts",
  )),
  ...(await compare("with fan-out, each with a device that focuses", ROOMS_WITH_DEVICES, "focused")),
];
process.stdout.write(`\n${description}\n${rounds} rounds of ${seconds} s, medians\n\n`);
process.stdout.write("| workload | inboxes | messages/s | without | share | p99 ms | without |\n");
process.stdout.write(`| --- | --- | --- | --- | --- | --- | --- |\n${lines.join("\n")}\n`);
process.exit(0);

/**
 * Measures Parley with and without its fan-out.
 * @param variant the file in `alone/` of the build that has the fan-out; absent: the product
 * @returns a line for each workload
 */
async function compare(
  name: string,
  names: string[],
  devices: "none" | "open" | "focused",
  variant?: string,
): Promise<string[]> {
  const chosen = names.map(workload);
  const users = Math.max(...chosen.map(({ members }) => members));
  const build = (file: string) => ({ entry: join(import.meta.dirname, "alone", file) });
  const complete = await parley(users, { name, devices, ...(variant && build(variant)) });
  const withoutFanout = await parley(users, { name: "alone", ...build("no-updates.ts") });
  const rows = await measureInTurn({ rounds, seconds, workloads: chosen }, [complete, withoutFanout]);
  return chosen.map((one) => {
    const of = (target: string) => rows.find((row) => row.workload === one && row.target === target);
    return line(one.name, name, of(name), of("alone"));
  });
}

function workload(name: string): Workload {
  const found = workloads.find((one) => one.name === name && one.senders === "one");
  if (!found) throw new Error(`there is no workload ${name}`);
  return found;
}

function line(name: string, inboxes: string, complete: Row | undefined, alone: Row | undefined): string {
  if (!complete || !alone) throw new Error(`${name} was not measured`);
  const rates = ({ rounds: all }: Row) => all.map(({ messagesPerSecond }) => messagesPerSecond);
  const p99 = ({ rounds: all }: Row) => median(all.map((round) => round.p99)).toFixed(1);
  const shares = rates(complete).map((rate, round) => rate / (rates(alone)[round] ?? Number.NaN));
  const spread = `${Math.min(...shares).toFixed(2)}–${Math.max(...shares).toFixed(2)}`;
  const whole = (row: Row) => Math.round(median(rates(row))).toLocaleString("en");
  const share = `${median(shares).toFixed(2)} (${spread})`;
  return `| ${[name, inboxes, whole(complete), whole(alone), share, p99(complete), p99(alone)].join(" | ")} |`;
}
