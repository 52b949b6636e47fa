import { Hono } from "hono";
import { openDeviceSocket } from "../../core/sockets.ts";
import { CoreError } from "../../domain/errors.ts";
import { isAllowedPage, isForeignPage } from "../../http/access/origin.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, isUpgrade, requireSocket } from "../../http/access/upgrade.ts";
import type { AppEnv } from "../../http/env.ts";
import { identifyAs } from "./auth.ts";
import { failureOf } from "./errors.ts";

/** The key of this device protocol in `src/worker.ts`. */
const PROTOCOL = "usersig";

/** The close codes and reasons of a refused socket. */
const CLOSE = {
  foreignSig: { code: 4003, reason: "user_sig" },
  unknownUser: { code: 4004, reason: "user_id" },
  foreignPage: { code: 4403, reason: "origin" },
} as const;

export const socket = new Hono<AppEnv>({ strict: false });

/** 聊天 */
socket.get("/ws/chat/:user_id/:user_sig", async (c) => {
  const { core } = c.var;
  requireSocket(core.settings, c.req);
  const { user_id, user_sig } = c.req.param();
  const caller = await identifyAs(c, user_id, user_sig);
  await countCost(c, caller.userId, "page");
  return openDeviceSocket(core, { ...caller, protocol: PROTOCOL, subprotocol: undefined });
});

// Clients of this API expect an upgrade that closes at once, with a code, instead of an HTTP error.
socket.onError((error, c) => {
  if (!(error instanceof CoreError)) throw error;
  if (isUpgrade(c.req) && isForeignPage(c.var.core.settings, c.req.raw))
    return closedSocket(CLOSE.foreignPage);
  if (error.code === "not_found" || error.data?.gone) return closedSocket(CLOSE.unknownUser);
  if (error.code === "unauthenticated") return closedSocket(CLOSE.foreignSig);
  // A page sees no answer over HTTP, only that the connection failed.
  if (!isUpgrade(c.req) || !isAllowedPage(c.var.core.settings, c.req.raw)) throw error;
  return closedSocket({ code: closeCodeOf(failureOf(error.toFailure()).code), reason: error.code });
});
