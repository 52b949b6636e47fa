import { type Api, jitter } from "../api/api.ts";
import { isTemporary, type Problem } from "../api/problem.ts";
import { trusted } from "../json.ts";
import type { ServerFrame } from "../types.ts";

/** Without `ready`, or an answer to a `ping`, after this time a socket is dead, in ms. */
const ANSWER_TIME = 10_000;
/** The server wants to hear from a client this often, in ms. */
const PING_EVERY = 25_000;
/** The server wants a `ping` for each MiB that it sends. A character has up to four bytes. */
const PING_CHARACTERS = 262_144;
/** No pause before a socket is opened again is longer, in ms. */
const MAX_PAUSE = 30_000;
/** Which socket a link opens: that of the device, or that of the conversation on screen. */
export type Source = "device" | "room";

/** What a link uses of a WebSocket. */
export interface ClientSocket {
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(): void;
}

/** Opens a socket. Makes the calls that it needs by `api`. */
export type OpenSocket = (url: string, protocols: string[], api: Api) => ClientSocket;

/** What a link needs, and whom it tells. */
export interface LinkOptions {
  readonly api: Api;
  readonly socket: OpenSocket;
  /** the first pause before a socket is opened again, in ms; each further one is twice as long */
  readonly pause: number;
  /** a frame has come; the first one of each socket is `ready` */
  onFrame(frame: ServerFrame, source: Source): void;
  /** the socket is lost, and is going to be opened again */
  onLost(source: Source): void;
  /**
   * The link has ended for good: nobody is signed in, or the conversation is not the user's; with the reason
   * `forbidden` the server lets no page of this origin connect.
   */
  onEnd(source: Source, reason?: string): void;
}

/**
 * One socket that is opened again whenever it is lost, after the pauses and with the reactions of the
 * server's table of close codes. Keeps no frame: what was sent on a lost socket, its user sends again.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #source: Source;
  readonly #path: () => string;
  #socket: ClientSocket | undefined;
  /** goes up with each opening, so that the steps of an older one end */
  #opening = 0;
  #token: string | undefined;
  /** the token that the server no longer takes */
  #refused: string | undefined;
  /** whether frames can be sent */
  isReady = false;
  /** openings without `ready` since the last `ready` */
  #failures = 0;
  /** characters received since the last `ping` */
  #received = 0;
  /** ends the opening, or a `ping` that has no answer */
  #deadline: Timer;
  #pinging: Timer;
  #reopening: Timer;

  /** @param path the path of the socket, asked at each opening */
  constructor(options: LinkOptions, source: Source, path: () => string) {
    this.#options = options;
    this.#source = source;
    this.#path = path;
  }

  /** Opens the socket, at once. */
  async open(): Promise<void> {
    const opening = this.close();
    const { api, socket } = this.#options;
    const token = await api.token(this.#refused, true).catch(() => undefined);
    if (opening !== this.#opening) return;
    if (token) {
      this.#token = token;
      const opened = socket(api.socketUrl(this.#path()), ["parley.v1", `token.${token}`], api);
      this.#socket = opened;
      this.#deadline = setTimeout(() => this.#closed(), ANSWER_TIME);
      opened.onmessage = ({ data }) => {
        if (opened === this.#socket) this.#take(data);
      };
      opened.onclose = ({ code, reason }) => {
        if (opened === this.#socket) this.#closed(code, reason);
      };
    } else if (token === null) this.#options.onEnd(this.#source);
    else this.#reopen(0);
  }

  /** Forgets the socket, without waiting for its end, and opens none. */
  close(): number {
    for (const timer of [this.#deadline, this.#pinging, this.#reopening]) clearTimeout(timer);
    this.#deadline = this.#reopening = undefined;
    this.isReady = false;
    this.#received = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    return ++this.#opening;
  }

  /** Sends a frame. @returns false: there is no socket to send it on */
  send(frame: string): boolean {
    if (this.isReady) this.#socket?.send(frame);
    return this.isReady;
  }

  /**
   * The network or the page is back: opens a socket that waits for its pause, and asks an open one for an
   * answer.
   */
  wake(): void {
    if (this.#reopening) void this.open();
    else void this.#ping();
  }

  #take(data: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#received += data.length;
    if (data !== "pong") this.#frame(trusted(data));
    if (this.#received > PING_CHARACTERS) void this.#ping();
  }

  #frame(frame: ServerFrame): void {
    // The close event comes up to 10 s later than these two.
    if (frame.type === "kicked") this.#closed(4001, frame.reason);
    else if (frame.type === "refused")
      this.#closed(isTemporary(frame.code) ? 1013 : 4404, frame.code, frame.retry_after);
    else {
      const isReady = frame.type === "ready";
      if (isReady) {
        this.isReady = true;
        this.#failures = 0;
      }
      this.#options.onFrame(frame, this.#source);
      // Behind the first frames of the client, for which the server waits.
      if (isReady) void this.#ping();
    }
  }

  async #ping(): Promise<void> {
    if (!this.send("ping")) return;
    this.#received = 0;
    this.#deadline ??= setTimeout(() => this.#closed(), ANSWER_TIME);
    clearTimeout(this.#pinging);
    this.#pinging = setTimeout(() => this.#ping(), PING_EVERY);
    // Goes on with a newer token, on the same socket.
    const opening = this.#opening;
    const token = await this.#options.api.token(this.#refused, true).catch(() => undefined);
    if (opening !== this.#opening || !token || token === this.#token) return;
    this.#token = token;
    this.send(JSON.stringify({ type: "auth", token }));
  }

  /** Does what the server's table of close codes says. 1006: the socket is dead. */
  #closed(code = 1006, reason = "", retryAfter = 0): void {
    const wasReady = this.isReady;
    this.close();
    if (wasReady) this.#options.onLost(this.#source);
    if (code === 4001 && !["left", "removed", "dissolved"].includes(reason)) {
      this.#refused = this.#token;
      // A token that is refused at once is no reason to hurry.
      if (this.#failures++ < 2) return void this.open();
    } else if ([4001, 4400, 4404].includes(code)) return void this.#options.onEnd(this.#source, reason);
    // A client that sends no Origin is told by no frame why its socket does not open.
    if (!wasReady && code === 1006 && this.#failures % 2)
      this.#options.api.call("get", "/v1/me", {}, { retry: false }).catch(({ code }: Partial<Problem>) => {
        if (code === "unauthenticated") this.#refused = this.#token;
      });
    this.#reopen(retryAfter * 1000);
  }

  #reopen(least: number): void {
    const pause = Math.min(this.#options.pause * 2 ** this.#failures++, MAX_PAUSE);
    this.#reopening = setTimeout(() => this.open(), Math.max(least, jitter(pause)));
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;
