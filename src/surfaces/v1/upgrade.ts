import type { HonoRequest } from "hono";
import type { Settings } from "../../domain/settings.ts";
import { requireSocket } from "../../http/access/upgrade.ts";

/** The sub-protocol of v1's sockets. Browsers offer `token.<T>` beside it. */
const SUBPROTOCOL = "parley.v1";

/** The description, in the document, of operations that open a socket. */
export const SOCKET = {
  security: [{ bearer: [] }, { access_token: [] }, { subprotocol: [] }],
  upgraded: {
    description: "The socket; its first frame is `ready`",
    headers: {
      Upgrade: { description: "The upgrade", schema: { const: "websocket" } },
      "Sec-WebSocket-Protocol": {
        description: "Present if you offered it; never the sub-protocol with the token",
        schema: { const: SUBPROTOCOL },
      },
    },
  },
};

/** The sub-protocols that a client offers. */
export function offeredProtocols(request: HonoRequest): string[] {
  return (request.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
}

/**
 * Refuses a request that is no upgrade, or comes from a page whose origin is not allowed.
 * @returns the sub-protocol that the answer names; undefined for none
 * @throws `upgrade_required`, `forbidden`
 */
export function requireUpgrade(settings: Settings, request: HonoRequest): string | undefined {
  requireSocket(settings, request);
  return offeredProtocols(request).includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}
