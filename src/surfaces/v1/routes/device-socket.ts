import { openDeviceSocket } from "../../../core/sockets/device-socket.ts";
import { socketAuthenticated } from "../auth.ts";
import { v1Router } from "../router.ts";
import { problems } from "../schemas/common.ts";
import { requireUpgrade, SOCKET } from "../upgrade.ts";

/** The name of these frames in `src/worker.ts`. */
const PROTOCOL = "v1";

export const deviceSocket = v1Router();

deviceSocket.openAPIRegistry.registerPath({
  method: "get",
  path: "/v1/socket",
  operationId: "openDeviceSocket",
  tags: ["Messages"],
  summary: "Everything of yours over a WebSocket",
  description:
    "All your conversations, both ways, and what your friends do; one for each device. The README of v1 has the frames. " +
    "Pages of other origins than the server's own are let in if its setting `ALLOWED_ORIGINS` has them.",
  security: SOCKET.security,
  responses: { 101: SOCKET.upgraded, ...problems("unauthenticated", "forbidden", "upgrade_required") },
});

// A plain route: its answer is the object's own 101, of which no schema knows.
deviceSocket.get("/v1/socket", socketAuthenticated, (c) => {
  const subprotocol = requireUpgrade(c.var.core.settings, c.req);
  return openDeviceSocket(c.var.core, { ...c.var.caller, protocol: PROTOCOL, subprotocol });
});
