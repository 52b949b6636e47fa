import { parseArgs } from "node:util";
import { SENDERS, usualWorkloads, type Workload, workloadNames, workloads } from "../load/workloads.ts";
import { type TargetName, targetNames, usualTargets } from "../targets/all.ts";

/** The options of a run. */
export type Options = {
  rounds: number;
  seconds: number;
  workloads: Workload[];
  targets: TargetName[];
  /** Whether the CPU of the Workers is profiled during each measurement. */
  profile: boolean;
};

const usage = `node bench/run.ts [--rounds 3] [--seconds 1] [--only ${workloadNames.join(",")}] [--senders ${SENDERS.join(",")}] [--targets ${targetNames.join(",")}] [--profile]`;

/** Parses the command line. @throws an Error with the usage if it is wrong */
export function options(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "1" },
      only: { type: "string", default: usualWorkloads.join(",") },
      senders: { type: "string", default: SENDERS.join(",") },
      targets: { type: "string", default: usualTargets.join(",") },
      profile: { type: "boolean", default: false },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) throw new Error(usage);
  const names = chosen(values.only, workloadNames);
  const senders = chosen(values.senders, SENDERS);
  return {
    rounds,
    seconds,
    workloads: workloads.filter((one) => names.includes(one.name) && senders.includes(one.senders)),
    targets: chosen(values.targets, targetNames),
    profile: values.profile,
  };
}

/** The chosen of several names. @throws an Error with the usage if one is unknown */
function chosen<Name extends string>(list: string, names: readonly Name[]): Name[] {
  return list.split(",").map((wanted) => {
    const name = names.find((one) => one === wanted);
    if (name === undefined) throw new Error(usage);
    return name;
  });
}
