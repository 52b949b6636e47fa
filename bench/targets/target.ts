import type { Seat } from "../load/member.ts";
import type { Workload } from "../load/workloads.ts";
import type { Usage } from "./machine.ts";

/** A running server which the generator can load. */
export type Target = {
  name: string;
  /** Whether it takes several sends in one frame. */
  arrays: boolean;
  /** The seats of each room of a workload; the rooms of an earlier round may be given again. */
  rooms(workload: Workload): Promise<Seat[][]>;
  /** The folder in which it keeps what it stores. */
  state: string;
  usage(): Usage | undefined;
};
