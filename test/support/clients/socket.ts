import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { type Answer, request } from "./api.ts";
import { assertDocumented } from "./documented/answers.ts";
import { checkFrame, socketOf, type V1Socket } from "./documented/frames.ts";

/** A frame of the server, of any type. */
export const Frame = z.looseObject({ type: z.string() });
export type Frame = z.infer<typeof Frame>;

interface SocketOptions {
  /** does not answer a close of the server, as a malicious client might */
  halfOpen?: boolean;
  /** gives a frame a type, of an API whose frames have none */
  read?(frame: object): object;
}

export interface Closing {
  code: number;
  reason: string;
}

/** A read position that no test reaches: `untilProcessed` recognizes its refusal. */
const MARK = 4_000_000_000_000_000;

function isMarkRefused(frame: Frame): boolean {
  return frame.type === "error" && String(frame.detail).includes(String(MARK));
}

/** The client's end of a WebSocket. It keeps every frame, and waits for frames, never for time. */
export class TestSocket {
  readonly #ws: WebSocket;
  readonly frames: Frame[] = [];
  /** texts that are no JSON, such as `pong` */
  readonly words: string[] = [];
  /** the number of received characters */
  received = 0;
  #closing: Closing | undefined;
  #read = 0;
  readonly #waiting = new Set<() => void>();

  /**
   * @param v1 the kind of socket, if it is one of v1: a frame that is not documented fails the test
   */
  constructor(
    ws: WebSocket,
    { halfOpen = false, v1, read = (frame) => frame }: SocketOptions & { v1?: V1Socket | undefined } = {},
  ) {
    this.#ws = ws;
    ws.accept({ allowHalfOpen: halfOpen });
    ws.addEventListener("message", ({ data }) => {
      const text = String(data);
      this.received += text.length;
      if (text.startsWith("{")) this.frames.push(Frame.parse(read(JSON.parse(text))));
      else this.words.push(text);
      if (v1) checkFrame(v1, text);
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

  /** Closes without a code, as a browser may. */
  closeBare(): void {
    this.#ws.close();
  }

  /**
   * Resolves once the server has processed every frame sent so far.
   * @param conversationId on a device socket: a conversation of its user; frames for other conversations may
   *   still be under way
   */
  async untilProcessed(conversationId?: number): Promise<void> {
    // The runtime answers a ping without the object. Only a frame that the object handles is in order.
    const refusals = this.frames.filter(isMarkRefused).length;
    this.send({ type: "read", conversation_id: conversationId, seq: MARK });
    await this.until(() => this.frames.filter(isMarkRefused).length > refusals);
  }

  /** The frames of one type so far. */
  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** The next frame of this type. Skips frames of other types. */
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

  /** Has all that wait look again, as something beside the frames has changed. */
  look(): void {
    this.#wake();
  }

  /** Resolves once `holds` is true, checked after every frame. @throws an Error if the socket closes first */
  async until(holds: (socket: this) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.#closing) throw new Error(`closed with ${this.#closing.code} while waiting`);
      await this.#more();
    }
  }

  /** Resolves with the server's close. */
  async closed(): Promise<Closing> {
    while (!this.#closing) await this.#more();
    return this.#closing;
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  /** Every message received, single or in batches, in order of arrival. */
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

  /** The seqs of the received messages, in order of arrival. */
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

/** The upgrades of v1's sockets. */
const openedOver = new WeakMap<Response, V1Socket>();
/** The sockets that were upgraded and that `acceptSocket` has not had yet. */
const unread = new Set<WebSocket>();

/**
 * Requests an upgrade. Asserts that the answer, a 101 or a refusal, is as documented. Pass a 101 to
 * `acceptSocket`: the eviction of an object waits for the frames to an unread socket, perhaps for ever.
 */
export async function upgrade(
  path: string,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const options = { ...(token !== undefined && { token }), headers: { Upgrade: "websocket", ...headers } };
  const response = await exports.default.fetch(request("GET", path, options));
  const text = response.status === 101 ? "" : await response.clone().text();
  assertDocumented("GET", path, { status: response.status, headers: response.headers, text });
  const v1 = socketOf(path);
  if (v1) openedOver.set(response, v1);
  if (response.webSocket) unread.add(response.webSocket);
  return response;
}

/**
 * Closes the sockets that a test has upgraded and does not read: the eviction of an object waits for the
 * frames to them, perhaps for ever, in whichever test comes next. setup.ts calls it after each test.
 */
export function closeUnreadSockets(): void {
  const sockets = [...unread];
  unread.clear();
  for (const socket of sockets) {
    try {
      socket.accept();
      socket.close();
    } catch {
      // The test has accepted it by itself.
    }
  }
}

/** Reads the answer of a refused upgrade. */
export async function readRefusal(response: Response): Promise<Answer> {
  expect(response.webSocket ?? null).toBe(null);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/**
 * Asserts that an upgrade was accepted, and its socket closed at once with this code and reason, after a
 * `kicked` frame with the reason (4001) or a `refused` frame with the error.
 * @returns the frame
 */
export async function expectRefusedSocket(response: Response, code: number, reason: string): Promise<Frame> {
  const socket = acceptSocket(response);
  expect(await socket.closed()).toEqual({ code, reason });
  expect(socket.frames).toEqual([
    code === 4001
      ? { type: "kicked", reason }
      : expect.objectContaining({ type: "refused", code: reason, detail: expect.any(String) }),
  ]);
  return Frame.parse(socket.frames[0]);
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
  options: SocketOptions = {},
): Promise<TestSocket> {
  return open(roomPath(conversationId, query), token, options);
}

/** The path of device sockets. */
export const DEVICE_PATH = "/v1/socket";

/** Opens a device socket and waits for its `ready`. */
export function openDevice(token: string, options: SocketOptions = {}): Promise<TestSocket> {
  return open(DEVICE_PATH, token, options);
}

async function open(path: string, token: string, options: SocketOptions): Promise<TestSocket> {
  const socket = acceptSocket(await upgrade(path, token), options);
  await socket.next("ready");
  return socket;
}

/** The client's socket of a 101. */
export function acceptSocket(response: Response, options: SocketOptions = {}): TestSocket {
  expect(response.status).toBe(101);
  if (!response.webSocket) throw new Error("a 101 has a socket");
  unread.delete(response.webSocket);
  return new TestSocket(response.webSocket, { ...options, v1: openedOver.get(response) });
}
