import type { Seat } from "../load/member.ts";
import type { Wire } from "../load/wire.ts";
import type { Workload } from "../load/workloads.ts";
import type { Usage } from "./machine.ts";

/** A running server that the generator can load. */
export type Target = {
  name: string;
  /**
   * The load for a workload: the workload itself, or the one that stands for it at a target that cannot take
   * it; undefined: none.
   */
  loadOf(workload: Workload): Workload | undefined;
  /** How it writes the frames of a room socket. */
  wire: Wire;
  /** Whether it works on after its answers, so that a measurement waits until it is idle. */
  settles: boolean;
  /** The seats of each room of a workload. Rooms of an earlier round may be returned again. */
  rooms(workload: Workload): Promise<Seat[][]>;
  /** The folder of its state. */
  state: string;
  /** The address of its inspector, if it was started with one. */
  inspector: string | undefined;
  /** The folder of the bundle of its Worker, if it is one. */
  bundle: string | undefined;
  usage(): Usage | undefined;
};
