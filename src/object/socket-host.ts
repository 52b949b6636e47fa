import { DurableObject } from "cloudflare:workers";
import { z } from "zod";
import type { Credential } from "../domain/accounts/session.ts";
import { CoreError, type Result } from "../domain/errors.ts";
import { SessionId, UserId } from "../domain/ids.ts";
import { callObjectOnce } from "./calls/rpc.ts";

/**
 * The header in which the Worker names the session that opens a socket; the Worker overwrites what a client
 * put there.
 */
const OPENING_HEADER = "X-Parley-Opening";

/**
 * Reads a token that a client shows on an open socket. Rejects with `unauthenticated` for one that is not
 * valid.
 */
export type TokenReader = (token: string) => Promise<Credential>;

/** @throws `forbidden` for the token of another user than the socket's */
export function requireSameUser(socket: { userId: UserId }, userId: UserId): void {
  if (socket.userId !== userId)
    throw new CoreError("forbidden", "This token is another user's: open a socket of its own with it.");
}

/** What each opening names; an object adds its own fields. */
export const SocketOpening = z.object({
  userId: UserId,
  sessionId: SessionId,
  /** ms; the socket is closed then */
  expiresAt: z.int(),
  /** the origin that the client has asked */
  origin: z.string(),
  /** the one sub-protocol that the answer names, if the client offered it */
  subprotocol: z.string().optional(),
  /** each ack has the stored message */
  echoes: z.boolean().optional(),
  /** the socket shows thread-only replies */
  threads: z.boolean().optional(),
  /** the client knows no changes of messages but revokes and hides */
  ignoresChanges: z.boolean().optional(),
  /** changed messages come without their bodies where the client has them */
  takesParts: z.boolean().optional(),
});

/**
 * Asks an object for a socket. The request is a new one that names the session and nothing else of the
 * client's: no token leaves the Worker.
 * @returns 101, or a `Failure` as JSON with status 409
 */
export function requestSocket(
  stub: Pick<Fetcher, "fetch">,
  opening: z.infer<typeof SocketOpening>,
): Promise<Response> {
  const headers = { Upgrade: "websocket", [OPENING_HEADER]: JSON.stringify(opening) };
  const request = new Request("https://object/socket", { headers });
  return callObjectOnce(async () => ({ ok: true, value: await stub.fetch(request) }));
}

/** What such a request names. */
export function readOpening<Opening>(request: Request, schema: z.ZodType<Opening>): Opening {
  return schema.parse(JSON.parse(request.headers.get(OPENING_HEADER) ?? "null"));
}

/** The 101 that hands the client its end of a socket. */
export function switchingProtocols(webSocket: WebSocket, subprotocol: string | undefined): Response {
  const headers = new Headers(subprotocol === undefined ? {} : { "Sec-WebSocket-Protocol": subprotocol });
  return new Response(null, { status: 101, webSocket, headers });
}

/**
 * An object that holds hibernating WebSockets
 * (https://developers.cloudflare.com/durable-objects/best-practices/websockets/). The runtime answers `ping`
 * with `pong` without waking the object.
 */
export abstract class SocketHost extends DurableObject<Env> {
  readonly #note: (change: "sockets_opened" | "sockets_closed") => void;

  /** @param note counts the sockets that open and close */
  constructor(
    ctx: DurableObjectState,
    env: Env,
    note: (change: "sockets_opened" | "sockets_closed") => void,
  ) {
    super(ctx, env);
    this.#note = note;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Opens the socket that a request of `requestSocket` asks for, says who does, or refuses. */
  protected abstract open(request: Request): Promise<Result<Response>>;

  /** A socket has closed, from either side. */
  protected abstract closed(ws: WebSocket): Promise<void>;

  /** A refusal is a `Failure` as JSON with status 409. */
  override async fetch(request: Request): Promise<Response> {
    const opened = await this.open(request);
    if (opened.ok && opened.value.status === 101) this.#note("sockets_opened");
    return opened.ok ? opened.value : Response.json(opened, { status: 409 });
  }

  override async webSocketClose(ws: WebSocket, code: number, reason: string): Promise<void> {
    // The runtime does not answer a close by itself; 1005 and 1006 may not be sent.
    try {
      ws.close(code === 1005 || code === 1006 ? 1000 : code, reason);
    } catch {
      // The server had closed it first.
    }
    this.#note("sockets_closed");
    await this.closed(ws);
  }

  override async webSocketError(ws: WebSocket): Promise<void> {
    this.#note("sockets_closed");
    await this.closed(ws);
  }
}
