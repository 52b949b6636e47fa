import { zValidator } from "@hono/zod-validator";
import { openDeviceSocket } from "../../../../core/sockets/device-socket.ts";
import { socketAuthenticated } from "../../auth.ts";
import { refuseInvalid, v1Router } from "../../router.ts";
import { problems } from "../../schemas/common.ts";
import { requireUpgrade, SOCKET, SocketQuery, wishesOf } from "../../upgrade.ts";

/** The key of this device protocol in `src/worker.ts`. */
const PROTOCOL = "v1";

export const deviceSocket = v1Router();

deviceSocket.openAPIRegistry.registerPath({
  method: "get",
  path: "/v1/socket",
  operationId: "openDeviceSocket",
  tags: ["Messages"],
  summary: "All your conversations over a WebSocket",
  description:
    "Frames of all your conversations, and presence and changes of your friends. Open one for each device. `/asyncapi.json` has the frames. " +
    "Web pages of other origins are accepted if the server's setting `ALLOWED_ORIGINS` lists them.",
  security: SOCKET.security,
  request: { query: SocketQuery },
  responses: {
    101: SOCKET.upgraded,
    ...problems("validation_failed", "unauthenticated", "forbidden", "upgrade_required"),
  },
});

// A plain route: the answer is the object's own 101, which no schema describes.
deviceSocket.get("/v1/socket", socketAuthenticated, zValidator("query", SocketQuery, refuseInvalid), (c) => {
  const subprotocol = requireUpgrade(c.var.core.settings, c.req);
  const wishes = wishesOf(c.req.valid("query"));
  return openDeviceSocket(c.var.core, { ...c.var.caller, protocol: PROTOCOL, subprotocol, ...wishes });
});
