/**
 * A relay: a bare Durable Object that holds hibernatable sockets and sends each of them what it is told over
 * HTTP. It stores nothing, and knows no members: the least that writes one frame to many sockets.
 */
import type * as workers from "@cloudflare/workers-types";

declare const Response: typeof workers.Response;
declare const WebSocketPair: typeof workers.WebSocketPair;

/** The bindings of the relay's Worker. */
interface Bindings {
  RELAY: workers.DurableObjectNamespace;
}

/** The sockets of one relay. */
export class Relay {
  readonly #ctx: workers.DurableObjectState;
  #calls = 0;

  constructor(ctx: workers.DurableObjectState) {
    this.#ctx = ctx;
  }

  /**
   * `GET /socket?extensions=` opens a socket and answers with these extensions of WebSocket,
   * `POST /frame?as=text|binary` sends the body to all, `POST /list?times=` lists the sockets so often, with
   * `&attachments` it reads theirs as well. The answer says whether the object was constructed for the call,
   * and how many sockets it has used.
   */
  async fetch(request: workers.Request): Promise<workers.Response> {
    const { pathname, searchParams } = new URL(request.url);
    const isNew = this.#calls++ === 0;
    if (pathname === "/socket") return this.#accept(searchParams.get("extensions"));
    const sockets =
      pathname === "/frame"
        ? this.#send(searchParams.get("as") === "binary" ? await request.arrayBuffer() : await request.text())
        : this.#list(Number(searchParams.get("times")), searchParams.has("attachments"));
    return Response.json({ isNew, sockets });
  }

  /** Answers a close: hibernating sockets get no automatic reply on the local runtime. */
  webSocketClose(socket: workers.WebSocket): void {
    socket.close(1000);
  }

  #accept(extensions: string | null): workers.Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment({ user_id: 1_000_000, session: crypto.randomUUID(), position: 1_000_000 });
    const headers: Record<string, string> = extensions ? { "Sec-WebSocket-Extensions": extensions } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  #send(frame: string | ArrayBuffer): number {
    const sockets = this.#ctx.getWebSockets();
    for (const socket of sockets) socket.send(frame);
    return sockets.length;
  }

  #list(times: number, attachments: boolean): number {
    let count = 0;
    for (let time = 0; time < times; time++) {
      for (const socket of this.#ctx.getWebSockets()) {
        if (!attachments || socket.deserializeAttachment() !== null) count++;
      }
    }
    return count;
  }
}

export default {
  /** Hands all on to the one relay. */
  fetch(request: workers.Request, bindings: Bindings): Promise<workers.Response> {
    return bindings.RELAY.getByName("relay").fetch(request);
  },
};
