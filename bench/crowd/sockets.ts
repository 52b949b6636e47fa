import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FrameCounter } from "./frame-counter.ts";

const OPENED_AT_ONCE = 50;
/** What becomes of an offer to compress; `none`: there is no offer. */
export const compressions = ["none", "offered", "declined", "no-context"] as const;
type Compression = (typeof compressions)[number];
/** The extensions of the object's answer. If it names none, the runtime accepts the offer. */
const ANSWERS: Record<Compression, string> = {
  none: "",
  offered: "",
  declined: "none",
  "no-context": "permessage-deflate; server_no_context_takeover",
};

const END_OF_HEAD = "\r\n\r\n";

/** What goes to all: how many sockets lack it, and who waits for the time of the last one. */
type Sent = { missing: number; landed: (at: number) => void };

/**
 * WebSockets that only read, each over a plain connection of TCP, all into one buffer: the generator has to
 * be cheaper than the server.
 */
export class Sockets {
  readonly #url: URL;
  readonly #offer: string;
  readonly #mark: number | undefined;
  readonly #headersOf: (socket: number) => string;
  readonly #sockets: Socket[] = [];
  readonly #counters: FrameCounter[] = [];
  readonly #buffer = Buffer.alloc(256 * 1_024);
  #sent: Sent[] = [];
  #opened = 0;
  /** what all sockets together have got: frames, marks in them, and bytes, headers included */
  received = { frames: 0, marks: 0, bytes: 0 };

  /**
   * @param compression `offered`: the sockets offer `permessage-deflate`, as those of browsers do ·
   *   `declined`: they do, and the object names another extension · `no-context`: it compresses each frame by
   *   itself
   * @param mark a byte that each message has once, if messages are to be counted and not frames
   * @param headersOf further lines of the request that opens a socket, each with its end
   */
  constructor(
    url: URL,
    compression: Compression,
    { mark, headersOf = () => "" }: { mark?: number; headersOf?: (socket: number) => string } = {},
  ) {
    this.#url = url;
    if (ANSWERS[compression] !== "") url.searchParams.set("extensions", ANSWERS[compression]);
    this.#offer = compression === "none" ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    this.#mark = mark;
    this.#headersOf = headersOf;
  }

  get length(): number {
    return this.#sockets.length;
  }

  /** Opens sockets until there are so many. No frames may be under way. */
  async open(count: number): Promise<void> {
    while (this.length < count) {
      const some = Math.min(OPENED_AT_ONCE, count - this.length);
      await Promise.all(Array.from({ length: some }, () => this.#open()));
    }
    this.reset();
  }

  /** Forgets the frames so far. None may be under way. */
  reset(): void {
    this.#sent = [];
    for (const counter of this.#counters) counter.frames = counter.marks = 0;
    this.received = { frames: 0, marks: 0, bytes: 0 };
  }

  /**
   * Resolves with the time at which the last socket has the next frame, or the next message with the mark,
   * in ms of `performance.now()`.
   */
  next(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#sent.push({ missing: this.length, landed: resolve });
    return promise;
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners("close").destroy();
  }

  async #open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const counter = new FrameCounter(this.#mark);
    const headers = this.#headersOf(this.#opened++);
    let head: string | undefined = "";
    const read = (bytes: number) => {
      if (head === undefined) return this.#take(counter, bytes);
      const before = head.length;
      head += this.#buffer.toString("latin1", 0, bytes);
      const end = head.indexOf(END_OF_HEAD);
      if (end === -1) return true;
      if (!head.startsWith("HTTP/1.1 101")) throw new Error(`not let in: ${head}`);
      // A first frame may come with the answer.
      const frames = end + END_OF_HEAD.length - before;
      counter.read(this.#buffer.subarray(frames), bytes - frames);
      head = undefined;
      resolve();
      return true;
    };
    const { hostname, port, host, pathname, search } = this.#url;
    const socket = connect({
      host: hostname,
      port: Number(port),
      onread: { buffer: this.#buffer, callback: read },
    });
    socket.once("close", () => {
      throw new Error("the server closed a socket");
    });
    await once(socket, "connect");
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${headers}Upgrade: websocket\r\nConnection: Upgrade\r\n${this.#offer}` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await promise;
    this.#sockets.push(socket);
    this.#counters.push(counter);
  }

  #take(counter: FrameCounter, bytes: number): true {
    const before = this.#countOf(counter);
    const { frames, marks } = counter;
    counter.read(this.#buffer, bytes);
    this.received.bytes += bytes;
    this.received.frames += counter.frames - frames;
    this.received.marks += counter.marks - marks;
    for (let index = before; index < this.#countOf(counter); index++) {
      const sent = this.#sent[index];
      if (sent && --sent.missing === 0) sent.landed(performance.now());
    }
    return true;
  }

  #countOf({ frames, marks }: FrameCounter): number {
    return this.#mark === undefined ? frames : marks;
  }
}
