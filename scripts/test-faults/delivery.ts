import type { Fault } from "./fault.ts";

/** Faults in what brings changes to devices: lists, sockets, alarms. */
export const DELIVERY: readonly Fault[] = [
  {
    name: "an inbox update that comes late overwrites a newer one",
    area: "delivery",
    file: "src/inbox/list/list-rows.ts",
    from: "WHERE excluded.ver > ver`",
    to: "WHERE excluded.ver <> ver`",
    caughtBy: "test/properties/inbox-list.test.ts",
  },
  {
    name: "a client that comes back misses the 201st message that its user has hidden",
    area: "delivery",
    file: "src/conversation/views/replay-page.ts",
    from: "log.hides.after(rev, range.upToRev, limit + 1, member)",
    to: "log.hides.after(rev, range.upToRev, limit, member)",
    caughtBy: "test/features/sockets/room/replay.test.ts",
  },
  {
    name: "a job that is scheduled while it runs does not run again",
    area: "delivery",
    file: "src/object/jobs/alarm-jobs.ts",
    from: "      running.again = Math.min(running.again ?? due, due);\n",
    to: "",
    caughtBy: "test/unit/objects/jobs.test.ts",
  },
  {
    name: "deliveries that a crash cuts short are not gone on with",
    area: "delivery",
    file: "src/conversation/delivery/fanout.ts",
    from: "      this.#deps.marker.set();\n",
    to: "",
    caughtBy: "test/faults/repair/fan-out-after-hibernation.test.ts",
  },
];
