import { join } from "node:path";
import { jsonFrames } from "../load/wire.ts";
import { type Workload, workloads } from "../load/workloads.ts";
import { startWorker, type WorkerOptions } from "./process.ts";
import type { Target } from "./target.ts";

/** Starts the floor: a bare Durable Object. A room exists once it is named, and anybody may enter. */
export async function floor(options: WorkerOptions): Promise<Target> {
  const server = await startWorker(join(import.meta.dirname, "../wrangler.floor.toml"), {}, options);
  const sockets = server.url.replace("http", "ws");
  return {
    name: "floor",
    loadOf,
    wire: jsonFrames,
    settles: false,
    rooms: async ({ over, rooms, members }) =>
      Array.from({ length: rooms }, (_, room) =>
        Array.from({ length: members }, (_, member) => {
          const path = `/rooms/${over}-${members}-${room}`;
          return {
            url: `${sockets}${path}/socket?member=${member}`,
            headers: {},
            posts: `${server.url}${path}/messages?member=${member}`,
          };
        }),
      ),
    state: server.state,
    inspector: server.inspector,
    bundle: server.bundle,
    usage: server.usage,
  };
}

/** The floor takes neither arrays nor clients: W1 of the same senders stands for both. */
function loadOf(workload: Workload): Workload | undefined {
  if (workload.over !== "client" && !workload.arrays) return workload;
  return workloads.find(({ name, senders }) => name === "W1" && senders === workload.senders);
}
