import type { Workload } from "../load/workloads.ts";
import { floor } from "./floor.ts";
import { parley } from "./parley.ts";
import type { WorkerOptions } from "./process.ts";
import { socketIo } from "./socket-io.ts";
import type { Target } from "./target.ts";

/** The targets, in the order in which they take turns. Ratios are to the first. */
export const usualTargets = ["floor", "parley", "socket.io", "socket.io-unsynced"] as const;
/** The same, and Parley as commands start it, which are measured if they are named. */
export const targetNames = [...usualTargets, "npm start", "npm run dev"] as const;
export type TargetName = (typeof targetNames)[number];

/** More members than accounts share them, room by room: each registration costs a password hash. */
const MAX_ACCOUNTS = 100;

/** A device hears all conversations of its user: each member of such a workload is a user of their own. */
function accountsFor({ over, rooms, members }: Workload): number {
  return over === "device" ? rooms * members : Math.min(MAX_ACCOUNTS, rooms * members);
}

/** Starts a target for some workloads. */
export function startTarget(
  name: TargetName,
  workloads: Workload[],
  options: WorkerOptions,
): Promise<Target> {
  switch (name) {
    case "floor":
      return floor(options);
    case "parley": {
      return parley(Math.max(...workloads.map(accountsFor)), options);
    }
    case "npm start":
      return parley(Math.max(...workloads.map(accountsFor)), { name, command: "start" });
    case "npm run dev":
      return parley(Math.max(...workloads.map(accountsFor)), { name, command: "dev" });
    case "socket.io":
      return socketIo(name, true);
    case "socket.io-unsynced":
      return socketIo(name, false);
  }
}
