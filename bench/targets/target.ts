import type { Seat } from "../load/member.ts";
import type { Workload } from "../load/workloads.ts";
import type { Usage } from "./machine.ts";

/** A running server that the generator can load. */
export type Target = {
  name: string;
  /** Whether it accepts several sends in one frame. */
  arrays: boolean;
  /** The seats of each room of a workload. Rooms of an earlier round may be returned again. */
  rooms(workload: Workload): Promise<Seat[][]>;
  /** The folder of its state. */
  state: string;
  usage(): Usage | undefined;
};
