/**
 * The peer: Socket.IO over SQLite, in one Node process. `node bench/socket-io.ts <folder> <FULL|NORMAL>`
 * prints one line `{"url"}` and ends with its input. One INSERT per message in WAL mode, one emit to the
 * room, one ack. FULL syncs every message to the disk before its ack, as an object does; NORMAL syncs none.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Server } from "socket.io";
import { z } from "zod";
import type { Ready } from "../scripts/worker/plan.ts";

const [state, synchronous] = z.tuple([z.string(), z.enum(["FULL", "NORMAL"])]).parse(process.argv.slice(2));
const database = new DatabaseSync(join(state, "messages.sqlite"));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
database.exec(
  "CREATE TABLE messages (room TEXT, seq INTEGER, sender TEXT, kind TEXT, body TEXT, created_at INTEGER, PRIMARY KEY (room, seq)) WITHOUT ROWID",
);
const insert = database.prepare(
  "INSERT INTO messages (room, seq, sender, kind, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
);
const lastSeqs = new Map<string, number>();

/** A member, as named in the address of its socket. */
const Entrance = z.object({ room: z.string(), member: z.string() });

/** A message as it is sent. */
type Draft = { client_msg_id: string; kind: string; body: unknown };

/** The events of a client. */
type ClientEvents = { send(draft: Draft, acknowledge: (ack: object) => void): void };

/** The events of the server. */
type ServerEvents = { frame(content: object): void };

const http = createServer();
const io = new Server<ClientEvents, ServerEvents>(http, { transports: ["websocket"], serveClient: false });
io.on("connection", async (socket) => {
  const { room, member: sender } = Entrance.parse(socket.handshake.query);
  await socket.join(room);
  socket.on("send", ({ client_msg_id, kind, body }, acknowledge) => {
    const created_at = Date.now();
    const seq = (lastSeqs.get(room) ?? 0) + 1;
    insert.run(room, seq, sender, kind, JSON.stringify(body), created_at);
    lastSeqs.set(room, seq);
    socket.to(room).emit("frame", { type: "message", message: { seq, sender, kind, body, created_at } });
    acknowledge({ type: "ack", client_msg_id, seq, created_at });
  });
  socket.emit("frame", { type: "ready", last_seq: lastSeqs.get(room) ?? 0 });
});

http.listen(0, "127.0.0.1");
await once(http, "listening");
const address = http.address();
if (address === null || typeof address === "string") throw new Error("a server without a port");
const ready: Ready = { url: `http://127.0.0.1:${address.port}` };
process.stdout.write(`${JSON.stringify(ready)}\n`);

process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
