/**
 * The floor: a bare Durable Object that handles the frames of a room socket, and messages over HTTP that a
 * bare Worker hands on. One hibernating object per room, one INSERT per message, one frame to every other
 * socket, one ack to the sender. No members, tokens, fan-out
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

/** A message as it is sent: the content of a `send` frame, or of an HTTP request. */
type Draft = { client_msg_id: string; kind: string; body: unknown };

const isDraft = (content: unknown): content is Draft =>
  typeof content === "object" && content !== null && "client_msg_id" in content;

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

  /**
   * Stores a message that is posted, or opens a socket. The first frame of a socket is `ready` with the
   * newest `seq`, as on Parley's room sockets.
   */
  async fetch(request: workers.Request): Promise<workers.Response> {
    const member = new URL(request.url).searchParams.get("member");
    if (request.method === "POST") {
      return Response.json(this.#store(member, await request.json(), null), { status: 201 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment(member);
    server.send(JSON.stringify({ type: "ready", last_seq: this.#lastSeq }));
    return new Response(null, { status: 101, webSocket: client });
  }

  /**
   * Stores a `send`, forwards it to the others, and acknowledges it. Any other frame is a bug of the
   * generator.
   */
  webSocketMessage(socket: workers.WebSocket, frame: string): void {
    const ack = this.#store(socket.deserializeAttachment(), JSON.parse(frame), socket);
    socket.send(JSON.stringify({ type: "ack", ...ack }));
  }

  /** Answers a close: hibernating sockets get no automatic reply on the local runtime. */
  webSocketClose(socket: workers.WebSocket): void {
    socket.close(1000);
  }

  /** Stores a message and sends it to all sockets but one. @returns the content of its ack */
  #store(sender: unknown, draft: unknown, from: workers.WebSocket | null): object {
    if (!isDraft(draft)) throw new Error("the floor knows nothing but messages");
    const { client_msg_id, kind, body } = draft;
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
      if (other !== from) other.send(frameOfMessage);
    }
    return { client_msg_id, seq, created_at };
  }
}

export default {
  /**
   * `GET /rooms/{name}/socket?member=` opens the room's socket, `POST /rooms/{name}/messages?member=` stores
   * a message. Any other request is a probe, answered with 200.
   */
  fetch(request: workers.Request, bindings: Bindings): Promise<workers.Response> | workers.Response {
    const name = /^\/rooms\/([^/]+)\/(?:socket|messages)$/.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return new Response("floor");
    return bindings.ROOM.getByName(name).fetch(request);
  },
};
