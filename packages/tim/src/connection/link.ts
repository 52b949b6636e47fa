import { trusted } from "../json.ts";
import type { Frame } from "./frames.ts";

/** Without an answer after this time a socket is dead (ms). */
const ANSWER_TIME = 10_000;
/** The server wants to hear from a client this often (ms). */
const PING_EVERY = 25_000;
/** The server wants a `ping` for each MiB that it sends. A character has up to four bytes. */
const PING_CHARACTERS = 262_144;
/** The first pause before a socket is opened again, and the longest one (ms). */
const [MIN_PAUSE, MAX_PAUSE] = [500, 30_000];
/** The close code behind `kicked`. */
const KICKED = 4_001;
/** Close codes that a further try would only get again. */
const FINAL = [4_403];

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Whom a link tells. */
export interface LinkEvents {
  frame(frame: Frame): void;
  /** it is lost, and going to be opened again. @param tries how often since it was ready */
  lost(tries: number): void;
  /** the session is over */
  kicked(reason: string): void;
}

/** The socket of events, which is opened again whenever it is lost, after pauses that double. */
export class Link {
  readonly #url: () => string;
  readonly #events: LinkEvents;
  #socket: WebSocket | undefined;
  #isReady = false;
  #failures = 0;
  #received = 0;
  #deadline: Timer;
  #pinging: Timer;
  #reopening: Timer;

  constructor(url: () => string, events: LinkEvents) {
    this.#url = url;
    this.#events = events;
  }

  open = (): void => {
    this.#forget();
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#closed(socket, 0, ""), ANSWER_TIME);
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#take(socket, String(data));
    };
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason);
    if (typeof addEventListener === "function") addEventListener("online", this.#wake);
  };

  /** Sends a frame. @returns false: there is no socket to send it on */
  send(frame: object): boolean {
    if (!this.#isReady) return false;
    this.#socket?.send(JSON.stringify(frame));
    return true;
  }

  close(): void {
    if (typeof removeEventListener === "function") removeEventListener("online", this.#wake);
    this.#forget();
  }

  #forget(): void {
    for (const timer of [this.#deadline, this.#pinging, this.#reopening]) clearTimeout(timer);
    this.#deadline = this.#reopening = undefined;
    this.#isReady = false;
    this.#received = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** The network is back: no pause is waited for. */
  readonly #wake = (): void => {
    if (this.#reopening) this.open();
    else this.#ping();
  };

  #take(socket: WebSocket, text: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#received += text.length;
    if (text !== "pong") {
      const frame: Frame = trusted(text);
      if (frame.type === "kicked") {
        this.#closed(socket, KICKED, frame.reason);
        return;
      }
      if (frame.type === "ready") {
        this.#isReady = true;
        this.#failures = 0;
      }
      this.#events.frame(frame);
      if (frame.type === "ready") this.#ping();
    }
    if (this.#received > PING_CHARACTERS) this.#ping();
  }

  #ping(): void {
    if (!this.#isReady) return;
    const socket = this.#socket;
    this.#received = 0;
    socket?.send("ping");
    if (socket) this.#deadline ??= setTimeout(() => this.#closed(socket, 0, ""), ANSWER_TIME);
    clearTimeout(this.#pinging);
    this.#pinging = setTimeout(() => this.#ping(), PING_EVERY);
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#forget();
    if (code === KICKED || FINAL.includes(code)) {
      this.close();
      this.#events.kicked(reason);
      return;
    }
    const pause = Math.min(MIN_PAUSE * 2 ** this.#failures++, MAX_PAUSE);
    this.#reopening = setTimeout(this.open, pause * (0.5 + Math.random() / 2));
    this.#events.lost(this.#failures);
  }
}
