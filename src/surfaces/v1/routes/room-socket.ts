import { z } from "@hono/zod-openapi";
import { zValidator } from "@hono/zod-validator";
import { openRoomSocket } from "../../../core/sockets/room-socket.ts";
import { socketAuthenticated } from "../auth.ts";
import { refuseInvalid, v1Router } from "../router.ts";
import { ConversationIdParam, PositionParam, problems } from "../schemas/common.ts";
import { requireUpgrade, SOCKET } from "../upgrade.ts";

const params = z.object({ id: ConversationIdParam });
const query = z.object({
  after: PositionParam.optional().openapi({
    description: "Replay what is later than this `seq`; absent: live only",
  }),
  rev: PositionParam.optional().openapi({
    description: "With `after`: replay revokes and hides later than this",
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
    "Messages, read positions and typing, both ways; the README of v1 has the frames. " +
    "Pages of other origins than the server's own are let in if its setting `ALLOWED_ORIGINS` has them.",
  security: SOCKET.security,
  request: { params, query },
  responses: {
    101: SOCKET.upgraded,
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "upgrade_required"),
  },
});

// A plain route: its answer is the object's own 101, of which no schema knows.
roomSocket.get(
  "/v1/conversations/:id/socket",
  socketAuthenticated,
  zValidator("param", params, refuseInvalid),
  zValidator("query", query, refuseInvalid),
  async (c) => {
    const subprotocol = requireUpgrade(c.var.core.settings, c.req);
    return openRoomSocket(c.var.core, {
      ...c.var.caller,
      conversationId: c.req.valid("param").id,
      after: c.req.valid("query").after,
      rev: c.req.valid("query").rev,
      subprotocol,
    });
  },
);
