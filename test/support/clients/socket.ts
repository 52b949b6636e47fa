import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { type Answer, request } from "./api.ts";
import { documented } from "./documented.ts";

/** A frame of the server: its type and whatever else it says. */
export const Frame = z.looseObject({ type: z.string() });
export type Frame = z.infer<typeof Frame>;

export interface Closing {
  code: number;
  reason: string;
}

/** A read position which no test reaches: `settled` knows its refusal again. */
const MARK = 4_000_000_000_000_000;

function isMarkRefused(frame: Frame): boolean {
  return frame.type === "error" && String(frame.detail).includes(String(MARK));
}

/** A client's end of a WebSocket: keeps every frame, and waits for frames, never for time. */
export class TestSocket {
  readonly #ws: WebSocket;
  readonly frames: Frame[] = [];
  /** bare words such as `pong` */
  readonly words: string[] = [];
  /** how many characters it was sent */
  received = 0;
  #closing: Closing | undefined;
  #read = 0;
  readonly #waiting = new Set<() => void>();

  /** @param deaf never answers a close of the server by itself, as a client that means no good */
  constructor(ws: WebSocket, { deaf = false } = {}) {
    this.#ws = ws;
    ws.accept({ allowHalfOpen: deaf });
    ws.addEventListener("message", ({ data }) => {
      const text = String(data);
      this.received += text.length;
      if (text.startsWith("{")) this.frames.push(Frame.parse(JSON.parse(text)));
      else this.words.push(text);
      this.#wake();
    });
    ws.addEventListener("close", ({ code, reason }) => {
      this.#closing = { code, reason };
      this.#wake();
    });
  }

  send(frame: unknown): void {
    this.#ws.send(typeof frame === "string" || frame instanceof ArrayBuffer ? frame : JSON.stringify(frame));
  }

  close(code = 1000): void {
    this.#ws.close(code);
  }

  /** Closes as a browser does that says nothing: without a code. */
  closeBare(): void {
    this.#ws.close();
  }

  /**
   * Resolves once the server has taken in all that was sent up to here.
   * @param conversationId on a device's socket: one that its user is in; what was sent to others may be under way
   */
  async settled(conversationId?: number): Promise<void> {
    // A ping would be answered past the object: only a frame that it takes itself is in order.
    const refusals = this.frames.filter(isMarkRefused).length;
    this.send({ type: "read", conversation_id: conversationId, seq: MARK });
    await this.until(() => this.frames.filter(isMarkRefused).length > refusals);
  }

  /** The frames of one type so far. */
  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** The next frame of this type; frames of other types before it are passed over. */
  async next(type: string): Promise<Frame> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read++];
        if (frame?.type === type) return frame;
      }
      if (this.#closing) throw new Error(`closed with ${this.#closing.code} while waiting for ${type}`);
      await this.#more();
    }
  }

  /** Resolves once `holds`, looked at after every frame, is true. */
  async until(holds: (socket: this) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.#closing) throw new Error(`closed with ${this.#closing.code} while waiting`);
      await this.#more();
    }
  }

  /** How the server closed it. */
  async closed(): Promise<Closing> {
    while (!this.#closing) await this.#more();
    return this.#closing;
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  /** Every message it was shown, single and in batches, in the order of arrival. */
  get messages(): z.infer<typeof Shown>[] {
    return this.frames.flatMap((frame) => {
      if (frame.type === "message") return [Shown.parse(frame.message)];
      return frame.type === "messages" ? z.array(Shown).parse(frame.items) : [];
    });
  }

  get acks(): z.infer<typeof Ack>[] {
    return this.frames.flatMap((frame) => {
      if (frame.type === "ack") return [Ack.parse(frame)];
      return frame.type === "acks" ? z.array(Ack).parse(frame.items) : [];
    });
  }

  /** The seqs it knows of, by message or by ack, in the order of arrival. */
  get seqs(): number[] {
    return this.messages.map((message) => message.seq);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const Shown = z.looseObject({
  seq: z.int(),
  sender: z.looseObject({ id: z.int() }),
  kind: z.string(),
  body: z.record(z.string(), z.json()),
  revoked: z.boolean(),
});
const Ack = z.looseObject({ client_msg_id: z.string().optional(), seq: z.int(), created_at: z.int() });

/**
 * Asks for an upgrade; the answer, a 101 or a refusal, must be as the document says. A 101 wants to be `accepted`: the
 * object waits with its eviction for what is on its way to a socket which nobody reads, if need be for ever.
 */
export async function upgrade(
  path: string,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const options = { ...(token !== undefined && { token }), headers: { Upgrade: "websocket", ...headers } };
  const response = await exports.default.fetch(request("GET", path, options));
  const text = response.status === 101 ? "" : await response.clone().text();
  documented("GET", path, { status: response.status, headers: response.headers, text });
  return response;
}

/** What a refused upgrade answered. */
export async function refusal(response: Response): Promise<Answer> {
  expect(response.webSocket ?? null).toBe(null);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** The path of a room socket. */
export function roomPath(conversationId: number, query = ""): string {
  return `/v1/conversations/${conversationId}/socket${query}`;
}

/** Opens a room socket and waits for its `ready`. */
export function openRoom(
  conversationId: number,
  token: string,
  query = "",
  options: { deaf?: boolean } = {},
): Promise<TestSocket> {
  return open(roomPath(conversationId, query), token, options);
}

/** The path of devices' sockets. */
export const DEVICE_PATH = "/v1/socket";

/** Opens a device's socket and waits for its `ready`. */
export function openDevice(token: string, options: { deaf?: boolean } = {}): Promise<TestSocket> {
  return open(DEVICE_PATH, token, options);
}

async function open(path: string, token: string, options: { deaf?: boolean }): Promise<TestSocket> {
  const socket = accepted(await upgrade(path, token), options);
  await socket.next("ready");
  return socket;
}

/** The socket of a 101. */
export function accepted(response: Response, options: { deaf?: boolean } = {}): TestSocket {
  expect(response.status).toBe(101);
  if (!response.webSocket) throw new Error("a 101 has a socket");
  return new TestSocket(response.webSocket, options);
}
