import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { inflateSync } from "node:zlib";
import { expect } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { called } from "./client.ts";

const Frame = z.looseObject({ s: z.int(), sn: z.int().optional(), d: z.looseObject({}).optional() });
type Frame = z.infer<typeof Frame>;

const Event = z.looseObject({
  type: z.int(),
  content: z.string(),
  msg_id: z.string(),
  extra: z.looseObject({ type: z.union([z.int(), z.string()]), body: z.looseObject({}).optional() }),
});
const Hello = z.strictObject({ code: z.literal(0), session_id: z.string().min(1) });
const Url = z.strictObject({ url: z.string() });

/** A socket of the gateway. It keeps each frame, and waits for frames, never for time. */
export class GatewaySocket {
  readonly frames: Frame[] = [];
  /** whether all frames were bytes, or all were texts */
  readonly kinds = new Set<"bytes" | "text">();
  readonly #ws: WebSocket;
  #closing: { code: number } | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.binaryType = "arraybuffer";
    ws.accept();
    ws.addEventListener("message", ({ data }: { data: string | ArrayBuffer | Blob }) => {
      const text = data instanceof ArrayBuffer ? inflateSync(new Uint8Array(data)).toString() : String(data);
      this.kinds.add(typeof data === "string" ? "text" : "bytes");
      this.frames.push(Frame.parse(JSON.parse(text)));
      this.#wake();
    });
    ws.addEventListener("close", ({ code }) => {
      this.#closing = { code };
      this.#wake();
    });
  }

  send(frame: unknown): void {
    this.#ws.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  close(): void {
    this.#ws.close(1000);
  }

  /** Resolves with so many frames of a signal. */
  async of(signal: number, count = 1): Promise<Frame[]> {
    for (;;) {
      const found = this.frames.filter(({ s }) => s === signal);
      if (found.length >= count) return found;
      if (this.#closing) throw new Error(`closed with ${this.#closing.code}, waiting for ${signal}`);
      await this.#more();
    }
  }

  /** The session of the first hello. */
  async hello(): Promise<string> {
    const [frame] = await this.of(1);
    return Hello.parse(frame?.d).session_id;
  }

  /** Resolves with so many events, by their numbers. */
  async events(count: number): Promise<{ sn: number | undefined; d: z.infer<typeof Event> }[]> {
    return (await this.of(0, count)).map(({ sn, d }) => ({ sn, d: Event.parse(d) }));
  }

  /** The same, each as its number and its text, or what became of a message. */
  async told(count: number): Promise<(number | string | undefined)[][]> {
    const events = await this.events(count);
    return events.map(({ sn, d }) => [sn, d.type === 255 ? d.extra.type : d.content]);
  }

  /** A heartbeat. Resolves once it is answered: no event is under way then that was sent before. */
  async beat(sn: number): Promise<void> {
    const count = this.frames.filter(({ s }) => s === 3).length;
    this.send({ s: 2, sn });
    await this.of(3, count + 1);
  }

  async closed(): Promise<number> {
    while (!this.#closing) await this.#more();
    return this.#closing.code;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** The address of the gateway, as a bot is given it. */
export async function gatewayUrl(bot: SignedIn, compress: 0 | 1 = 0): Promise<string> {
  return Url.parse(await called(bot, `GET gateway/index?compress=${compress}`)).url;
}

/** Opens an address. */
export function dial(url: string): Promise<Response> {
  const headers = { Upgrade: "websocket" };
  return exports.default.fetch(new Request(url.replace(/^ws/, "http"), { headers }));
}

/** Opens a socket. @param more what a client appends to the address */
export async function connect(bot: SignedIn, more = "", compress: 0 | 1 = 0): Promise<GatewaySocket> {
  return accepted(await dial(`${await gatewayUrl(bot, compress)}${more}`));
}

export function accepted(response: Response): GatewaySocket {
  const { webSocket } = response;
  if (!webSocket) throw new Error(`no socket: ${response.status}`);
  return new GatewaySocket(webSocket);
}

const idOf = (bot: SignedIn) => UserId.parse(bot.user.id);

/** The rows of the gateway in the inbox of a bot: queue, updates, cursors, sessions. */
export function stored(bot: SignedIn): Promise<number[]> {
  return runInDurableObject(inboxObject(idOf(bot)), (_, { storage }) =>
    ["gateway_queue", "gateway_updates", "gateway_cursors", "gateway_sessions"].map(
      (table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
    ),
  );
}

/** The spaces that the gateway of a bot knows: with 0 once it has read all. */
export function knownSpaces(bot: SignedIn): Promise<number[]> {
  return runInDurableObject(inboxObject(idOf(bot)), (_, { storage }) =>
    storage.sql
      .exec<{ id: number }>("SELECT space_id AS id FROM gateway_spaces")
      .toArray()
      .map(({ id }) => id),
  );
}

/**
 * Resolves once the list of a bot has a message, and a change behind it if that is so. A session that begins
 * tells what comes to the list from then on, and a list learns of what is acknowledged a little later.
 */
export async function listed(bot: SignedIn, id: number, seq: number, isChanged = false): Promise<void> {
  const row = () =>
    runInDurableObject(inboxObject(idOf(bot)), (_, { storage }) =>
      storage.sql
        .exec<{ seq: number; rev: number }>(
          "SELECT last_seq AS seq, rev FROM conversations WHERE conversation_id = ?",
          id,
        )
        .toArray()
        .some((one) => one.seq >= seq && (!isChanged || one.rev > 0)),
    );
  await expect.poll(row).toBe(true);
}

/** What the events that wait say, as it is stored. */
export function waiting(bot: SignedIn): Promise<string> {
  return runInDurableObject(inboxObject(idOf(bot)), (_, { storage }) =>
    JSON.stringify(storage.sql.exec("SELECT body FROM gateway_updates").toArray()),
  );
}

/** Lets the object of a bot sleep. Its sockets stay. */
export async function hibernate(bot: SignedIn): Promise<void> {
  // One that does not run can not be evicted.
  await stored(bot);
  await evictDurableObject(inboxObject(idOf(bot)));
}

/** Asserts the events of a socket from the first one on: none is missing, none is there twice. */
export async function expectTold(socket: GatewaySocket, texts: (number | string)[][]): Promise<void> {
  expect(await socket.told(texts.length)).toEqual(texts);
  await socket.beat(0);
  expect(await socket.told(texts.length)).toEqual(texts);
}
