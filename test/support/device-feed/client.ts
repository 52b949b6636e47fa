import { expect } from "vitest";
import type { DisplayedMessage } from "../clients/displayed.ts";
import { ModelClient } from "../clients/model-client.ts";
import { Frame } from "../clients/socket.ts";
import { BOB } from "../objects/isolated-room.ts";

const GOODBYE = null;

/** The inbox of Bob, as their devices reach it. */
interface Server {
  /** the devices must show the messages after this position */
  readonly from: number;
  /** whether Bob's list has the conversation */
  readonly isListed: boolean;
  /** Does `work` after the delay of a frame, of an opening or of a call of the list. */
  later(what: "up" | "down" | "open" | "list", work: () => unknown): void;
  /** Logs an event. */
  note(what: string, of: unknown): void;
  open(ws: WebSocket, protocol: string): Promise<void>;
  frame(ws: WebSocket, data: string): Promise<void>;
  closed(ws: WebSocket): void;
}

/** One of Bob's devices. Frames are delayed and keep their order, in both directions. */
export class Client {
  readonly #server: Server;
  readonly #protocol: string;
  readonly #conversationId: number;
  readonly #client: ModelClient;
  /** the server's end of its socket */
  #ws: WebSocket | undefined;
  #opened: Promise<void> = Promise.resolve();
  #isReady = false;
  #isEager = false;
  #hasRejoined = false;
  #toServer: (() => unknown)[] = [];
  /** sockets that the server still takes for open */
  readonly held: WebSocket[] = [];

  /** @param protocol the name of its wire format */
  constructor(nth: number, protocol: string, conversationId: number, server: Server) {
    this.#server = server;
    this.#protocol = protocol;
    this.#conversationId = conversationId;
    this.#client = new ModelClient(`device ${nth}`, BOB, (frame) => this.#send(JSON.stringify(frame)), {
      isPrompt: true,
      reload: (id) => this.#loadAnew(id),
    });
  }

  get isHere(): boolean {
    return this.#ws !== undefined;
  }

  come(eager: boolean): void {
    if (this.#ws) return;
    const { 0: ws } = new WebSocketPair();
    const fromServer: (string | null)[] = [];
    let attachment: unknown;
    const take = () => this.#take(ws, fromServer.shift());
    const tell = (frame: string | null) => {
      fromServer.push(frame);
      this.#server.later("down", take);
    };
    const parts = {
      send: (frame: string) => tell(frame),
      close: () => tell(GOODBYE),
      serializeAttachment: (value: unknown) => {
        attachment = structuredClone(value);
      },
      deserializeAttachment: () => attachment,
    };
    for (const [name, value] of Object.entries(parts)) Object.defineProperty(ws, name, { value });
    this.#ws = ws;
    this.#isReady = false;
    this.#isEager = eager;
    this.#toServer = [];
    this.#client.begin();
    this.#opened = new Promise((opened) => {
      this.#server.later("open", async () => {
        this.held.push(ws);
        await this.#server.open(ws, this.#protocol);
        opened();
      });
    });
  }

  /** Disconnects without a close. Frames on their way to it are lost. */
  go(): void {
    const ws = this.#ws;
    if (!ws) return;
    this.#ws = undefined;
    this.#isReady = false;
    const opened = this.#opened;
    this.#up(() => opened.then(() => this.#closed(ws)));
  }

  say(texts: string[], together: boolean): void {
    const drafts = texts.map((text) => ({
      ...{ conversationId: this.#conversationId, clientMsgId: `id ${text}`, text },
    }));
    this.#client.say(drafts, { together, isHere: this.#isReady });
  }

  resync({ withRev, back }: { withRev: boolean; back: number }): void {
    if (this.#isReady) this.#client.resync(this.#conversationId, { withRev, back });
  }

  rejoined(): void {
    this.#hasRejoined = true;
    this.#client.rejoined(this.#conversationId);
  }

  focus(isOn: boolean): void {
    if (this.#isReady) this.#client.focus(isOn ? this.#conversationId : null);
  }

  look(): void {
    if (this.#isReady) this.#client.look(this.#conversationId);
  }

  check(expected: DisplayedMessage[]): void {
    expect(this.#client.pending, "all is answered").toEqual([]);
    const { messages, isBehind } = this.#client.displayed(this.#conversationId);
    expect(isBehind, `${this.#client.name} has seen what it missed`).toBe(false);
    const { from } = this.#server;
    expect(
      messages.filter(({ seq }) => seq > from),
      `what ${this.#client.name} shows`,
    ).toEqual(expected);
  }

  /** Nothing from before the return of its user is there to load. */
  #loadAnew(id: number): void {
    expect(this.#hasRejoined, `${this.#client.name} expects no other reset`).toBe(true);
    const displayed = this.#client.displayed(id);
    displayed.load([], displayed.resets);
  }

  #closed(ws: WebSocket): void {
    this.held.splice(this.held.indexOf(ws), 1);
    this.#server.closed(ws);
  }

  #send(frame: string): void {
    const ws = this.#ws;
    if (ws && this.#isReady) this.#up(() => this.#server.frame(ws, frame));
  }

  /** Sends to the server, after the earlier frames. */
  #up(work: () => unknown): void {
    const queue = this.#toServer;
    queue.push(work);
    this.#server.later("up", () => queue.shift()?.());
  }

  #take(ws: WebSocket, frame: string | null | undefined): void {
    if (ws !== this.#ws) return;
    if (frame === GOODBYE || frame === undefined) {
      this.go();
      this.come(this.#isEager);
      return;
    }
    const parsed = Frame.parse(JSON.parse(frame));
    this.#server.note(this.#client.name, parsed);
    if (parsed.type === "ready") this.#ready();
    else this.#client.take(parsed);
  }

  #ready(): void {
    this.#isReady = true;
    if (this.#isEager) this.#client.repeat(true);
    this.#client.sync();
    const ws = this.#ws;
    this.#server.later("list", () => {
      const listed = this.#server.isListed ? [this.#conversationId] : [];
      this.#server.later("list", () => {
        if (ws !== this.#ws) return;
        this.#client.list(listed);
        if (!this.#isEager) this.#client.repeat(false);
        // The server holds back messages for half a second from a device that sends nothing. The story does
        // not wait for that.
        this.#send(JSON.stringify({ type: "typing", conversation_id: this.#conversationId }));
      });
    });
  }
}
