import { join } from "node:path";
import { start } from "./process.ts";
import type { Target } from "./target.ts";

/** Starts the floor: a bare Durable Object. A room exists once it is named, and anybody may enter. */
export async function floor(): Promise<Target> {
  const server = await start(join(import.meta.dirname, "../wrangler.floor.toml"), {});
  const sockets = server.url.replace("http", "ws");
  return {
    name: "floor",
    arrays: false,
    rooms: async ({ rooms, members }) =>
      Array.from({ length: rooms }, (_, room) =>
        Array.from({ length: members }, (_, member) => ({
          url: `${sockets}/rooms/${members}-${room}/socket?member=${member}`,
          headers: {},
        })),
      ),
    state: server.state,
    usage: server.usage,
  };
}
