import { Hono } from "hono";
import { openDeviceSocket } from "../../../core/sockets/device-socket.ts";
import { CoreError } from "../../../domain/errors.ts";
import { countCost } from "../../../http/access/rate-limit.ts";
import { requireSocket } from "../../../http/access/upgrade.ts";
import type { AppEnv } from "../../../http/env.ts";
import { identifyAs } from "../auth.ts";

/** The key of this device protocol in `src/worker.ts`. */
const PROTOCOL = "usersig";

/** The close codes and reasons of a refused socket. */
const CLOSE = { foreignSig: [4003, "user_sig"], unknownUser: [4004, "user_id"] } as const;

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
socket.onError((error) => {
  if (!(error instanceof CoreError)) throw error;
  if (error.code === "not_found" || error.data?.gone) return closed(CLOSE.unknownUser);
  if (error.code === "unauthenticated") return closed(CLOSE.foreignSig);
  throw error;
});

/** A 101 whose socket is closed at once. */
function closed([code, reason]: readonly [number, string]): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(code, reason);
  return new Response(null, { status: 101, webSocket: client });
}
