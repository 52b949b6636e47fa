/**
 * The floor: a bare Durable Object that handles the frames of a room socket. One hibernating object per room,
 * one INSERT per message, one frame to every other socket, one ack to the sender. No members, tokens, fan-out
 * or coalescing: the least that stores what it acknowledges.
 */
import type * as workers from "@cloudflare/workers-types";

declare const Response: typeof workers.Response;
declare const WebSocketPair: typeof workers.WebSocketPair;
declare const WebSocketRequestResponsePair: typeof workers.WebSocketRequestResponsePair;

/** The bindings of the floor's Worker. */
interface Bindings {
  ROOM: workers.DurableObjectNamespace;
}

/** The only frame that the floor accepts. */
type Send = { type: "send"; client_msg_id: string; kind: string; body: unknown };

const isSend = (frame: unknown): frame is Send =>
  typeof frame === "object" && frame !== null && "type" in frame && frame.type === "send";

/** One room: a table of messages and the sockets of its members. */
export class Room {
  readonly #ctx: workers.DurableObjectState;
  readonly #sql: workers.SqlStorage;
  #lastSeq: number;

  constructor(ctx: workers.DurableObjectState) {
    this.#ctx = ctx;
    this.#sql = ctx.storage.sql;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, sender TEXT, kind TEXT, body TEXT, created_at INTEGER)",
    );
    this.#lastSeq = Number(this.#sql.exec("SELECT coalesce(max(seq), 0) AS last FROM messages").one().last);
  }

  /** Opens a socket. Its first frame is `ready` with the newest `seq`, as on Parley's room sockets. */
  fetch(request: workers.Request): workers.Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment(new URL(request.url).searchParams.get("member"));
    server.send(JSON.stringify({ type: "ready", last_seq: this.#lastSeq }));
    return new Response(null, { status: 101, webSocket: client });
  }

  /**
   * Stores a `send`, forwards it to the others, and acknowledges it. Any other frame is a bug of the
   * generator.
   */
  webSocketMessage(socket: workers.WebSocket, frame: string): void {
    const send: unknown = JSON.parse(frame);
    if (!isSend(send)) throw new Error("the floor knows nothing but sends");
    const { client_msg_id, kind, body } = send;
    const sender: unknown = socket.deserializeAttachment();
    const created_at = Date.now();
    const seq = this.#lastSeq + 1;
    this.#sql.exec(
      "INSERT INTO messages (seq, sender, kind, body, created_at) VALUES (?, ?, ?, ?, ?)",
      seq,
      sender,
      kind,
      JSON.stringify(body),
      created_at,
    );
    this.#lastSeq = seq;
    const frameOfMessage = JSON.stringify({
      type: "message",
      message: { seq, sender, kind, body, created_at },
    });
    for (const other of this.#ctx.getWebSockets()) {
      if (other !== socket) other.send(frameOfMessage);
    }
    socket.send(JSON.stringify({ type: "ack", client_msg_id, seq, created_at }));
  }

  /** Answers a close: hibernating sockets get no automatic reply on the local runtime. */
  webSocketClose(socket: workers.WebSocket): void {
    socket.close(1000);
  }
}

export default {
  /**
   * `GET /rooms/{name}/socket?member=` opens the room's socket. Any other request is a probe, answered with
   * 200.
   */
  fetch(request: workers.Request, bindings: Bindings): Promise<workers.Response> | workers.Response {
    const name = /^\/rooms\/([^/]+)\/socket$/.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return new Response("floor");
    return bindings.ROOM.getByName(name).fetch(request);
  },
};
