import { WebSocket } from "ws";

/** The address of one member's socket. */
export type Seat = { url: string; headers: Record<string, string> };

/** The events of a member's socket. An error is reported once, and the socket is unusable after it. */
export type Listener = {
  frame(data: Buffer): void;
  failed(error: Error): void;
};

/**
 * After this many bytes a member pings: Parley closes a socket to which it has sent more than 4 MiB since the
 * last frame. The runtime answers pings at both targets without waking the object.
 */
const bytesPerPing = 2 ** 20;
const pong = Buffer.from("pong");

/** One member's socket. */
export class Member {
  readonly #socket: WebSocket;
  #closing = false;
  #unconfirmedBytes = 0;

  constructor({ url, headers }: Seat, listener: Listener) {
    this.#socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const failed = (error: unknown) => {
      if (this.#closing) return;
      this.#closing = true;
      listener.failed(error instanceof Error ? error : new Error(String(error)));
    };
    this.#socket.on("message", (data) => {
      if (this.#closing) return;
      try {
        if (!(data instanceof Buffer)) throw new Error("a frame in pieces");
        if (data.equals(pong)) return;
        this.#heard(data.length);
        listener.frame(data);
      } catch (error) {
        failed(error);
      }
    });
    this.#socket.on("error", failed);
    this.#socket.on("close", (code, reason) => failed(new Error(`closed with ${code} ${reason.toString()}`)));
  }

  /** Sends one text frame. */
  send(frame: string): void {
    this.#socket.send(frame);
  }

  /** Closes the socket. Resolves when it is closed, by force after two seconds. */
  close(): Promise<void> {
    this.#closing = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    const force = setTimeout(() => this.#socket.terminate(), 2_000);
    this.#socket.once("close", () => {
      clearTimeout(force);
      resolve();
    });
    this.#socket.close(1000);
    return promise;
  }

  #heard(bytes: number): void {
    this.#unconfirmedBytes += bytes;
    if (this.#unconfirmedBytes < bytesPerPing) return;
    this.#unconfirmedBytes = 0;
    this.#socket.send("ping");
  }
}
