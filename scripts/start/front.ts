import { once } from "node:events";
import {
  Agent,
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  request,
  ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { Clients } from "./clients.ts";

/** Headers that are the runtime's, or say where a request is from: none is a client's to set. */
const INNER = /^(?:(?:x-)?mf-|cf-|x-forwarded-|x-real-ip$|forwarded$)/i;
/** Headers of one connection. */
const OF_CONNECTION = /^(?:connection|keep-alive|proxy-connection|te|upgrade)$/i;

/** The runtime closes a connection that is idle for 5 s: until then it is used again, in ms. */
const IDLE_MS = 3_000;
/** What is under way may take so long to end when the server stops, in ms. */
const DRAIN_MS = 10_000;
/** A socket whose server says nothing for this time is between two frames, in ms. */
const QUIET_MS = 100;
/** How often a silent socket is asked whether its client is still there, in ms. */
const ALIVE_MS = 60_000;
/** A close frame of a WebSocket with the code 1012: the server restarts. */
const RESTART = Buffer.from([0x88, 0x02, 0x03, 0xf4]);

/** Where a front listens, and what stands before and behind it. */
export interface FrontOptions {
  readonly port: number;
  readonly host: string;
  /** certificate and key, in PEM; absent: plain http */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** addresses and networks of the proxies that may state the address of a client */
  readonly proxies: readonly string[];
  /** how long what is under way may take to end, in ms; absent: 10 s */
  readonly drain?: number;
}

/** Ports of the runtime, on this machine. */
export interface Inside {
  /** of the Worker alone */
  readonly worker: number;
  /** of the files of the page, with the Worker behind them: each request to it costs as much as the Worker */
  readonly page: number;
  /** the first parts of the paths of these files, without `.html`; of `/` an empty one */
  readonly pageNames: ReadonlySet<string>;
}

/** A socket of a client, and that of the runtime. */
interface Pair {
  readonly client: Duplex;
  readonly inner: Socket;
}

/**
 * What listens at the address of the server. It ends TLS, states the address of the client, keeps what is the
 * runtime's from clients, and lets what is under way end when the server stops. Bodies and frames pass as
 * bytes.
 */
export class Front implements AsyncDisposable {
  readonly #options: FrontOptions;
  readonly #server: HttpServer;
  readonly #drain: number;
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  readonly #clients: Clients;
  readonly #pairs = new Set<Pair>();
  /** undefined: the runtime is not there yet */
  #inside: Inside | undefined;
  #answering = 0;
  #isEnding = false;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#drain = options.drain ?? DRAIN_MS;
    this.#clients = new Clients(options.proxies, options.tls !== undefined);
    // Headers come within a minute. A body may take as long as it takes: a file over a slow line.
    const limits = { requestTimeout: 0, headersTimeout: 60_000 };
    // Some clients offer HTTP/2 by an upgrade with each request: that stays a request.
    const shouldUpgradeCallback = ({ headers }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === "websocket";
    const settings = { ...limits, shouldUpgradeCallback };
    this.#server = options.tls ? createTlsServer({ ...settings, ...options.tls }) : createServer(settings);
    this.#server.on("request", (incoming, answer) => this.#forward(incoming, answer));
    this.#server.on("upgrade", (incoming, client, head) => this.#upgrade(incoming, client, head));
  }

  /** Starts to listen. @returns the port @throws an Error of the system, like `EADDRINUSE` */
  async listen(): Promise<number> {
    const { port, host } = this.#options;
    this.#server.listen({ port, host });
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on the runtime answers. */
  passTo(inside: Inside): void {
    this.#inside = inside;
  }

  /**
   * Stops to listen, lets requests end, and tells sockets to come back. Nothing more of a client reaches the
   * runtime then.
   */
  async end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    await Promise.all([this.#drained(), ...[...this.#pairs].map((pair) => dismiss(pair, this.#drain))]);
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #drained(): Promise<void> {
    const until = performance.now() + this.#drain;
    while (this.#answering > 0 && performance.now() < until) await setTimeout(QUIET_MS / 4);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    this.#answering++;
    answer.once("close", () => this.#answering--);
    const outgoing = this.#ask(incoming, answer);
    if (!outgoing) return;
    outgoing.once("response", (inner) => relay(inner, answer, this.#isEnding));
    // A client that goes takes its request along.
    answer.once("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #upgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    client.once("error", () => client.destroy());
    const refusal = new ServerResponse(incoming);
    refusal.shouldKeepAlive = false;
    const refuse = () => {
      refusal.assignSocket(client as Socket);
      refusal.once("finish", () => client.end());
    };
    const outgoing = this.#ask(incoming, refusal, refuse);
    if (!outgoing) return;
    client.once("close", () => outgoing.destroy());
    outgoing.once("response", (inner) => {
      refuse();
      relay(inner, refusal, true);
    });
    outgoing.once("upgrade", (inner, socket, innerHead) => {
      client.write(
        `HTTP/1.1 101 Switching Protocols\r\n${pairs(inner.rawHeaders)
          .map((pair) => `${pair.join(": ")}\r\n`)
          .join("")}\r\n`,
      );
      client.write(innerHead);
      socket.write(head);
      this.#join({ client, inner: socket });
    });
    outgoing.end();
  }

  /** Passes the bytes of two sockets on to each other. */
  #join(pair: Pair): void {
    const { client, inner } = pair;
    if (this.#isEnding) {
      inner.destroy();
      client.end(RESTART);
      return;
    }
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      inner.destroy();
    };
    for (const socket of [client, inner]) {
      socket.once("close", end);
      socket.once("error", end);
    }
    client.pipe(inner);
    inner.pipe(client);
    // One that has gone without a word is noticed.
    if (client instanceof Socket) client.setKeepAlive(true, ALIVE_MS);
  }

  /**
   * Asks the runtime what a client asks.
   * @param refuse for a socket: prepares the answer for a refusal
   * @returns undefined: it was refused
   */
  #ask(incoming: IncomingMessage, answer: ServerResponse, refuse?: () => void) {
    const path = pathOf(incoming);
    if (path === undefined) {
      refuse?.();
      answer.writeHead(400, { Connection: "close" }).end();
      return undefined;
    }
    // The runtime is not there yet, or starts anew by itself.
    const postpone = () => {
      refuse?.();
      const type = { "Content-Type": "application/problem+json" };
      answer.writeHead(503, { "Retry-After": "1", Connection: "close", ...type });
      answer.end(
        JSON.stringify({ status: 503, code: "unavailable", title: "The server is starting. Try again." }),
      );
    };
    if (this.#inside === undefined) {
      postpone();
      return undefined;
    }
    const headers = pairs(incoming.rawHeaders).filter(
      ([name]) => !INNER.test(name) && !OF_CONNECTION.test(name),
    );
    const { address, protocol } = this.#clients.from(incoming);
    headers.push(
      ["CF-Connecting-IP", address],
      ["X-Forwarded-Proto", protocol],
      ["MF-Disable-Pretty-Error", "1"],
    );
    if (refuse) headers.push(["Connection", "Upgrade"], ["Upgrade", "websocket"]);
    const outgoing = request({
      ...{ host: "127.0.0.1", port: portFor(path, this.#inside), agent: this.#agent },
      ...{ method: incoming.method, path, headers: headers.flat(), setHost: false },
    });
    outgoing.once("error", () => {
      if (answer.headersSent) answer.destroy();
      else postpone();
    });
    return outgoing;
  }
}

/** Passes an answer of the runtime on. */
function relay(inner: IncomingMessage, answer: ServerResponse, isLast: boolean): void {
  const headers = pairs(inner.rawHeaders).filter(([name]) => !OF_CONNECTION.test(name));
  if (isLast) headers.push(["Connection", "close"]);
  answer.writeHead(inner.statusCode ?? 502, headers.flat());
  inner.once("error", () => answer.destroy());
  inner.pipe(answer);
}

/**
 * Tells a client that the server restarts, once nothing more comes from the runtime.
 * @param drain how long each of the two may take, in ms
 */
async function dismiss({ client, inner }: Pair, drain: number): Promise<void> {
  client.unpipe(inner);
  const until = performance.now() + drain;
  let heard: number;
  do {
    heard = inner.bytesRead;
    await setTimeout(QUIET_MS);
  } while (heard !== inner.bytesRead && performance.now() < until);
  inner.unpipe(client);
  const told = new Promise<void>((resolve) => {
    client.end(RESTART, () => resolve());
  });
  // A client that reads nothing holds nobody up.
  await Promise.race([told, setTimeout(drain, undefined, { ref: false })]);
  client.destroy();
}

/** The path and the query that a request is for; undefined: it has none. */
function pathOf({ url = "" }: IncomingMessage): string | undefined {
  const whole = url.startsWith("/") ? `http://server${url}` : url;
  if (!URL.canParse(whole)) return undefined;
  const { pathname, search } = new URL(whole);
  // Until the runtime is there both are refused, as all is: what is healthy is ready.
  return (pathname === "/readyz" ? "/healthz" : pathname) + search;
}

/** Where a path is answered. */
function portFor(path: string, { worker, page, pageNames }: Inside): number {
  const [, name = ""] = /^\/([^/?]*?)(?:\.html)?(?:[/?]|$)/.exec(path) ?? [];
  return pageNames.has(name) ? page : worker;
}

/** Headers as they came, by twos. */
function pairs(raw: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return found;
}
