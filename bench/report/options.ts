import { parseArgs } from "node:util";
import { type Workload, workloads } from "../load/workloads.ts";

/** The options of a run. */
export type Options = { rounds: number; seconds: number; workloads: Workload[]; targets: string[] };

const usage = `node bench/run.ts [--rounds 3] [--seconds 2] [--only ${workloads.map(({ name }) => name).join(",")}] [--targets floor,parley]`;

/** Parses the command line. @throws an Error with the usage if it is wrong */
export function options(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "2" },
      only: { type: "string", default: workloads.map(({ name }) => name).join(",") },
      targets: { type: "string", default: "floor,parley" },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) throw new Error(usage);
  const chosen = values.only.split(",").map((name) => {
    const workload = workloads.find((one) => one.name === name);
    if (workload === undefined) throw new Error(usage);
    return workload;
  });
  const targets = values.targets.split(",");
  if (!targets.every((name) => name === "floor" || name === "parley")) throw new Error(usage);
  return { rounds, seconds, workloads: chosen, targets };
}
