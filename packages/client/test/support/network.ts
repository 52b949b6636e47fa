import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { noteOutage } from "./outages.ts";
import { freePort } from "./server.ts";

/** What a network does with connections: passes their bytes, holds them back, or refuses connections. */
type State = "up" | "silent" | "down";

/** The first line of what opens a socket. */
const SOCKET = /^GET \/v1\/\S*socket\b/;

/**
 * The network between clients and a server, as a relay of TCP with faults. It keeps its port, so that clients
 * come back to the same address.
 */
export class Network implements AsyncDisposable {
  /** where clients find the server */
  readonly origin: string;
  readonly #port: number;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #delay: () => number;
  readonly #sockets = new Set<Socket>();
  #state: State = "up";
  /** connections of clients so far */
  accepted = 0;
  /** the open ones that are device sockets */
  readonly #devices = new Set<Socket>();
  /** the calls whose answers are lost, by their first line, and who waits for the first such answer */
  #losing: { calls: RegExp; lost: () => void } | undefined;

  private constructor(port: number, target: string, delay: () => number) {
    this.#port = port;
    this.#delay = delay;
    this.origin = `http://127.0.0.1:${port}`;
    this.#targetPort = Number(new URL(target).port);
    this.#server = createServer((client) => this.#accept(client));
  }

  /**
   * A network that leads to a server.
   * @param target the server's origin
   * @param delay how long bytes of the next connection are on their way, in ms
   */
  static async to(target: string, delay: () => number = () => 0): Promise<Network> {
    const network = new Network(await freePort(), target, delay);
    await network.#listen();
    return network;
  }

  /** The base of the URLs of sockets. */
  get socketOrigin(): string {
    return this.origin.replace("http", "ws");
  }

  /** Open connections of clients. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Open device sockets. */
  get deviceSockets(): number {
    return this.#devices.size;
  }

  /** Resets all connections. The next ones pass. */
  cut(): void {
    noteOutage(this.origin);
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  /**
   * From now on no byte passes, and nobody is told: open connections stay, and new ones open without an
   * answer. A device that has moved out of range is like that.
   */
  silence(): void {
    noteOutage(this.origin);
    this.#state = "silent";
    for (const socket of this.#sockets) socket.pause();
  }

  /**
   * From now on, until `up`, neither frames nor the answers to some calls arrive.
   * @param calls fits the first line of each, as `DELETE /v1/blocks/7 HTTP/1.1`; absent: frames alone
   * @returns resolves once an answer, or without calls a frame, is lost
   */
  loseAnswers(calls = SOCKET): Promise<void> {
    return new Promise((lost) => {
      this.#losing = { calls, lost };
    });
  }

  /** Resets all connections, and refuses new ones until `up`. */
  async down(): Promise<void> {
    this.#state = "down";
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  /** Ends `down`, `silence` and `loseAnswers`. Bytes that were held back pass. */
  async up(): Promise<void> {
    this.#losing = undefined;
    const was = this.#state;
    this.#state = "up";
    if (was === "down") await this.#listen();
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== "down") await this.down();
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  #accept(client: Socket): void {
    this.accepted++;
    const server = connect(this.#targetPort, "127.0.0.1");
    client.on("data", (bytes) => {
      if (bytes.toString("latin1").startsWith("GET /v1/socket?")) this.#devices.add(client);
    });
    client.on("close", () => this.#devices.delete(client));
    const delay = this.#delay();
    // Timers of one time end in order.
    const later = (step: () => void) => void (delay > 0 ? setTimeout(step, delay) : step());
    let call = "";
    client.on("data", (bytes) => {
      call = bytes.toString("latin1").match(/^[A-Z]+ \/.* HTTP\/1\.1$/m)?.[0] ?? call;
    });
    this.#relay(client, server, later);
    this.#relay(server, client, later, () => {
      const isAwaited = this.#losing?.calls.test(call);
      if (isAwaited) this.#losing?.lost();
      return isAwaited || (this.#losing !== undefined && SOCKET.test(call));
    });
  }

  #relay(from: Socket, to: Socket, later: (step: () => void) => void, loses = () => false): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (bytes) =>
      later(() => {
        if (!loses() && !to.destroyed) to.write(bytes);
      }),
    );
    from.on("end", () => later(() => to.end()));
    // A reset on one side is a reset on the other.
    from.on("error", () => {
      noteOutage(this.origin);
      to.resetAndDestroy();
    });
    from.on("close", () => {
      this.#sockets.delete(from);
      later(() => to.destroy());
    });
    if (this.#state === "silent") from.pause();
  }
}
