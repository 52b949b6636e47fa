import { join } from "node:path";
import { socketIoPackets } from "../load/wire.ts";
import { startNode } from "./process.ts";
import type { Target } from "./target.ts";

/**
 * Starts Socket.IO over SQLite (`bench/socket-io.ts`). Anybody may enter any room.
 * @param synced whether each message is synced to the disk before its ack, as in a Durable Object
 */
export async function socketIo(name: string, synced: boolean): Promise<Target> {
  const script = join(import.meta.dirname, "../socket-io.ts");
  const server = await startNode(script, synced ? "FULL" : "NORMAL");
  const sockets = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  return {
    name,
    loadOf: (workload) => (workload.over === "socket" && !workload.arrays ? workload : undefined),
    wire: socketIoPackets,
    settles: false,
    rooms: async ({ rooms, members }) =>
      Array.from({ length: rooms }, (_, room) =>
        Array.from({ length: members }, (_, member) => ({
          url: `${sockets}&room=${members}-${room}&member=${member}`,
          headers: {},
        })),
      ),
    state: server.state,
    inspector: undefined,
    bundle: undefined,
    usage: server.usage,
  };
}
