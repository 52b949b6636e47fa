import type { HonoRequest } from "hono";
import { CoreError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { checkOrigin } from "./origin.ts";

/** The close codes of a socket that the server cannot open, by the status that the refusal has over HTTP. */
const FAULTS: Record<number, number> = { 500: 1011, 503: 1013 };

/** Whether a request asks for a WebSocket. */
export function isUpgrade(request: HonoRequest): boolean {
  return request.header("Upgrade")?.toLowerCase() === "websocket";
}

/**
 * Refuses a request that is no WebSocket upgrade, or comes from a page whose origin is not allowed.
 * @throws `upgrade_required`, `forbidden`
 */
export function requireSocket(settings: Settings, request: HonoRequest): void {
  if (!isUpgrade(request)) {
    throw new CoreError("upgrade_required", "This is a WebSocket: ask for an upgrade.");
  }
  checkOrigin(settings, request.raw);
}

/** The close code that stands for a status: 4429 for 429, 1013 for 503. */
export function closeCodeOf(status: number): number {
  return FAULTS[status] ?? 4_000 + status;
}

/** How a refused socket is closed. */
interface Refusal {
  code: number;
  /** 123 bytes at most */
  reason: string;
  /** the frame before the close; absent: none */
  frame?: string | Uint8Array;
  /** the sub-protocol for the answer: a browser fails the connection if the one that it offered is missing */
  subprotocol?: string | undefined;
}

/**
 * A 101 whose socket is closed at once. A browser shows a page neither the status nor the body of a refused
 * upgrade, only 1006; a page sees the code and the reason of a close. The Worker itself accepts the socket:
 * no object is called.
 */
export function closedSocket({ code, reason, frame, subprotocol }: Refusal): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  if (frame !== undefined) server.send(frame);
  server.close(code, reason);
  const headers = new Headers(subprotocol === undefined ? {} : { "Sec-WebSocket-Protocol": subprotocol });
  return new Response(null, { status: 101, webSocket: client, headers });
}
