import { zValidator } from "@hono/zod-validator";
import { openDeviceSocket, openRoomSocket } from "../../core/sockets.ts";
import { socketAuthenticated } from "./auth.ts";
import { ConversationParams, PositionParam } from "./common.ts";
import { problems } from "./problems.ts";
import { refuseInvalid, v1Router } from "./router.ts";
import { requireUpgrade, SOCKET, SocketQuery, wishesOf } from "./upgrade.ts";

const query = SocketQuery.extend({
  after: PositionParam.optional().openapi({
    description: "Replay the messages after this `seq`; absent: live only",
  }),
  rev: PositionParam.optional().openapi({
    description: "With `after`: also replay the changes after this `rev`",
  }),
});

export const roomSocket = v1Router();

roomSocket.openAPIRegistry.registerPath({
  method: "get",
  path: "/v1/conversations/{id}/socket",
  operationId: "openRoomSocket",
  tags: ["Messages"],
  summary: "A conversation over a WebSocket",
  description:
    "Messages, read positions and typing, in both directions. `/asyncapi.json` has the frames. " +
    "Web pages of other origins are accepted if the server's setting `ALLOWED_ORIGINS` lists them.",
  security: SOCKET.security,
  request: { params: ConversationParams, query },
  responses: {
    101: SOCKET.upgraded,
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "upgrade_required"),
  },
});

// A plain route: the answer is the object's own 101, which no schema describes.
roomSocket.get(
  "/v1/conversations/:id/socket",
  socketAuthenticated,
  zValidator("param", ConversationParams, refuseInvalid),
  zValidator("query", query, refuseInvalid),
  (c) => {
    const subprotocol = requireUpgrade(c.var.core.settings, c.req);
    const { id: conversationId } = c.req.valid("param");
    const { after, rev, ...wishes } = c.req.valid("query");
    const resumption = { conversationId, after, rev, ...wishesOf(wishes) };
    return openRoomSocket(c.var.core, { ...c.var.caller, ...resumption, subprotocol });
  },
);

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
