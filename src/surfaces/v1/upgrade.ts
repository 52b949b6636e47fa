import { z } from "@hono/zod-openapi";
import type { HonoRequest } from "hono";
import type { Settings } from "../../domain/settings.ts";
import { requireSocket } from "../../http/access/upgrade.ts";

/** The sub-protocol of v1's sockets. Browsers offer `token.<T>` beside it. */
const SUBPROTOCOL = "parley.v1";

/** The query of both sockets: what a client asks of its socket. */
export const SocketQuery = z.object({
  echo: z.literal("message").optional().openapi({
    description: "`message`: each ack of a send has the stored message, as the POST answers it",
  }),
  threads: z.literal("all").optional().openapi({
    description:
      "`all`: the socket shows thread-only replies, live and in pages of replay; absent: the main stream",
  }),
  changes: z
    .enum(["0", "parts"])
    .optional()
    .openapi({
      description:
        "`parts`: `changed` has messages without `body` where you have it; " +
        "`0`: no frames `changed` and `reset`, for clients that know only `revoked` and `hidden`",
    }),
});

/** What a client asks of its socket. */
export function wishesOf({ echo, threads, changes }: z.infer<typeof SocketQuery>) {
  return {
    ...{ echoes: echo === "message", threads: threads === "all" },
    ...{ ignoresChanges: changes === "0", takesParts: changes === "parts" },
  };
}

/** The description, in the document, of operations that open a socket. */
export const SOCKET = {
  security: [{ bearer: [] }, { access_token: [] }, { subprotocol: [] }],
  upgraded: {
    description:
      "The socket; its first frame is `ready`. A page gets 101 for a refusal, too, since a " +
      "browser hides all other answers: the first frame is then `kicked` (for 401) or `refused`, and the socket " +
      "is closed at once with 4001, 4400, 4403 (its origin is not allowed), 4404, 4429, 1011 or 1013",
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
  return subprotocolOf(request);
}

/** The sub-protocol that an answer names: that of v1, if the client offers it. */
export function subprotocolOf(request: HonoRequest): string | undefined {
  return offeredProtocols(request).includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}
