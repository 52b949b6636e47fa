import type { CallBudget } from "../concurrency.ts";
import type { Job } from "./alarm-jobs.ts";

/** What runs a job of an object, with the parts of the object. @see JobHandler */
type Run<Parts> = (
  parts: Parts,
  key: string,
  calls: CallBudget,
  tries: number,
) => Promise<number | null> | number | null;

/** The jobs of a kind of object: what runs each, and how if it runs otherwise than most. */
export type JobTable<Kind extends string, Parts> = Readonly<
  Record<Kind, Run<Parts> | (Omit<Job, "run"> & { run: Run<Parts> })>
>;

/** The jobs of an object, whose parts are loaded as one runs. */
export function jobsOf<Kind extends string, Parts>(
  table: JobTable<Kind, Parts>,
  load: () => Promise<Parts>,
): Map<string, Job> {
  const entries = Object.entries<JobTable<Kind, Parts>[Kind]>(table);
  return new Map(
    entries.map(([kind, row]) => {
      const { run, ...how } = typeof row === "function" ? { run: row } : row;
      return [kind, { ...how, run: async (...job) => run(await load(), ...job) }];
    }),
  );
}
