import { WebSocket } from "ws";
import type { Wire } from "./wire.ts";

/** The place of one member in a room. */
export type Seat = {
  /** The address of the member's socket. */
  url: string;
  /** The headers that identify the member. */
  headers: Record<string, string>;
  /** The conversation that a device socket of the member may leave to this one. */
  focus?: string | number;
  /** Where the member posts messages over HTTP, at a target that takes them. */
  posts?: string;
  /** The conversation, if the socket is that of a device, which is of all conversations of the member. */
  conversation?: number | string;
};

/** The events of a member's socket. An error is reported once, and the socket is unusable after it. */
type Listener = {
  frame(data: Buffer): void;
  failed(error: Error): void;
};

/**
 * After this many bytes a member pings: Parley closes a socket to which it has sent more than 4 MiB since the
 * last frame. At Parley and at the floor the runtime answers pings without waking the object.
 */
const bytesPerPing = 2 ** 20;

/** One member's socket. */
export class Member {
  readonly #socket: WebSocket;
  readonly #wire: Wire;
  #closing = false;
  #unconfirmedBytes = 0;

  constructor({ url, headers }: Pick<Seat, "url" | "headers">, wire: Wire, listener: Listener) {
    this.#wire = wire;
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
        const answer = wire.answer(data);
        if (answer !== undefined) this.#socket.send(answer);
        this.#heard(data.length);
        listener.frame(data);
      } catch (error) {
        failed(error);
      }
    });
    this.#socket.on("error", failed);
    this.#socket.on("close", (code, reason) => failed(new Error(`closed with ${code} ${reason.toString()}`)));
  }

  /** Sends one frame. */
  send(frame: Record<string, unknown>): void {
    this.#socket.send(this.#wire.write(frame));
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
    if (this.#wire.keepAlive !== undefined) this.#socket.send(this.#wire.keepAlive);
  }
}
