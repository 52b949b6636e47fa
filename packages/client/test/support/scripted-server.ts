import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A socket that a client has opened. */
export interface Opened {
  socket: WebSocket;
  /** the path with its query */
  path: string;
  /** of the subprotocol `token.…` */
  token: string | undefined;
  /** the next frame of the client */
  frame(): Promise<string>;
}

/** A server whose sockets do what a test says. Calls are answered what the test has set. */
export class ScriptedServer implements AsyncDisposable {
  readonly origin: string;
  readonly #http;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #opened = new Queue<Opened>();
  readonly #stuck = new Queue<Duplex>();
  /** whether sockets stay in CONNECTING */
  isStuck = false;
  me: { status: number; headers?: Record<string, string>; code?: string } = { status: 200 };
  /** calls of `GET /v1/me` so far */
  asked = 0;
  /** what other calls are answered, by the end of their path */
  readonly answers = new Map<string, object>();

  private constructor(http: ReturnType<typeof createServer>, port: number) {
    this.#http = http;
    this.origin = `http://127.0.0.1:${port}`;
    http.on("request", ({ url = "" }, response) => {
      const [path = ""] = url.split("?");
      const answer = this.answers.get(path.split("/").at(-1) ?? "");
      if (answer) {
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify(answer));
        return;
      }
      this.asked++;
      response.writeHead(this.me.status, { "Content-Type": "application/problem+json", ...this.me.headers });
      response.end(JSON.stringify({ code: this.me.code }));
    });
    http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (this.isStuck) this.#stuck.put(stream);
      else this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#open(socket, request));
    });
  }

  static async start(): Promise<ScriptedServer> {
    const http = createServer();
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const address = http.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new ScriptedServer(http, address.port);
  }

  /** The next socket that a client opens. */
  opened(): Promise<Opened> {
    return this.#opened.take();
  }

  /** The next socket that a client wants to open while `isStuck`. */
  stuck(): Promise<Duplex> {
    return this.#stuck.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  #open(socket: WebSocket, { url = "", headers }: IncomingMessage): void {
    const frames = new Queue<string>();
    socket.on("message", (data) => frames.put(String(data)));
    const protocols = String(headers["sec-websocket-protocol"]).split(/, */);
    const token = protocols.find((one) => one.startsWith("token."))?.slice("token.".length);
    this.#opened.put({ socket, path: url, token, frame: () => frames.take() });
  }
}

/** Gives what was put in, in order, to those who wait. */
class Queue<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  put(item: T): void {
    const next = this.#waiting.shift();
    if (next) next(item);
    else this.#items.push(item);
  }

  async take(): Promise<T> {
    const [item] = this.#items.splice(0, 1);
    return item ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}
