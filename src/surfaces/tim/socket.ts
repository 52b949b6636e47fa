import { type Context, Hono } from "hono";
import { openDeviceSocket } from "../../core/sockets.ts";
import { CoreError } from "../../domain/errors.ts";
import { KICKED } from "../../domain/sync/socket-protocol.ts";
import { identify } from "../../http/access/identify.ts";
import { isForeignPage, originRefused } from "../../http/access/origin.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, isUpgrade, requireSocket } from "../../http/access/upgrade.ts";
import type { AppEnv } from "../../http/env.ts";
import { frameFailure } from "./errors.ts";
import { TIM_PROTOCOL } from "./frames.ts";

export const socket = new Hono<AppEnv>({ strict: false });

/** The socket of the caller's events. The token is the header `token`, as everywhere, or `?token=`. */
socket.get("/tim/socket", async (c) => {
  const { core } = c.var;
  requireSocket(core.settings, c.req);
  const token = c.req.header("token") ?? c.req.query("token");
  const caller = await identify(c, token, "token: must be there, as a header or in the query");
  await countCost(c, caller.userId, "page");
  return openDeviceSocket(core, { ...caller, protocol: TIM_PROTOCOL, subprotocol: undefined });
});

// A browser hides a refused upgrade from its page: the socket is accepted then, and closed with a code.
socket.onError((error, c) => {
  if (!(error instanceof CoreError) || !isUpgrade(c.req) || c.req.header("Origin") === undefined) throw error;
  return refusedSocket(c, error);
});

function refusedSocket(c: Context<AppEnv>, error: CoreError): Response {
  const refused = isForeignPage(c.var.core.settings, c.req.raw) ? originRefused(c.req.raw) : error;
  const { code, status, msg } = frameFailure(refused.toFailure());
  if (refused.code === "unauthenticated") {
    const reason = "invalid_token";
    return closedSocket({ code: KICKED, reason, frame: JSON.stringify({ type: "kicked", reason }) });
  }
  const frame = JSON.stringify({ type: "error", code, msg });
  return closedSocket({ code: closeCodeOf(status), reason: refused.code, frame });
}
