import type { HonoRequest } from "hono";
import type { Settings } from "../../domain/settings.ts";
import { requireSocket } from "../../http/upgrade.ts";

/** The sub-protocol which the server speaks; browsers offer `token.<T>` beside it. */
const SUBPROTOCOL = "parley.v1";

/** What an operation which opens a socket says of itself in the document. */
export const SOCKET = {
  security: [{ bearer: [] }, { access_token: [] }, { subprotocol: [] }],
  upgraded: {
    description: "The socket; its first frame is `ready`",
    headers: {
      Upgrade: { description: "The upgrade", schema: { const: "websocket" } },
      "Sec-WebSocket-Protocol": {
        description: "If you offered it; never the one with the token",
        schema: { const: SUBPROTOCOL },
      },
    },
  },
};

/** The sub-protocols which a client offers. */
export function offeredProtocols(request: HonoRequest): string[] {
  return (request.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
}

/**
 * Refuses what asks for no upgrade, and pages of foreign origins.
 * @returns the sub-protocol that the answer is to name; undefined for none
 * @throws `upgrade_required`, `forbidden`
 */
export function requireUpgrade(settings: Settings, request: HonoRequest): string | undefined {
  requireSocket(settings, request);
  return offeredProtocols(request).includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}
