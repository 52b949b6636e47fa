import { whenLoaded } from "../calls/not-loaded.ts";
import type { CallBudget } from "../concurrency.ts";
import type { Job } from "./alarm-jobs.ts";

/** What runs a job of an object, with the parts of the object. @see JobHandler */
type Run<Parts> = (
  parts: Parts,
  key: string,
  calls: CallBudget,
  tries: number,
) => Promise<number | null> | number | null;

/** What runs a job, and how if it runs otherwise than most. */
export type JobRow<Parts> = Run<Parts> | (Omit<Job, "run"> & { run: Run<Parts> });

/** The jobs of a kind of object. */
export type JobTable<Kind extends string, Parts> = Readonly<Record<Kind, JobRow<Parts>>>;

/** The jobs of an object, whose parts are loaded as one runs. */
export function jobsOf<Kind extends string, Parts>(
  table: JobTable<Kind, Parts>,
  load: () => Promise<Parts>,
): Map<string, Job> {
  const entries = Object.entries<JobRow<Parts>>(table);
  return new Map(
    entries.map(([kind, row]) => {
      const { run, ...how } = typeof row === "function" ? { run: row } : row;
      return [kind, { ...how, run: (...job) => whenLoaded(async () => run(await load(), ...job)) }];
    }),
  );
}
