import { z } from "@hono/zod-openapi";
import { zValidator } from "@hono/zod-validator";
import { CoreError } from "../../../core/errors.ts";
import { openRoomSocket } from "../../../core/room-socket.ts";
import { checkOrigin } from "../../../http/origin.ts";
import { SUBPROTOCOL, socketAuthenticated } from "../auth.ts";
import { refuseInvalid, v1Router } from "../router.ts";
import { ConversationIdParam, PositionParam, problems } from "../schemas/common.ts";

const params = z.object({ id: ConversationIdParam });
const query = z.object({
  after: PositionParam.optional().openapi({
    description: "Replay what is later than this `seq`; absent: live only",
  }),
  rev: PositionParam.optional().openapi({
    description: "With `after`: replay revokes and hides later than this",
  }),
});

const headers = {
  Upgrade: { description: "The upgrade", schema: { const: "websocket" } },
  "Sec-WebSocket-Protocol": {
    description: "If you offered it; never the one with the token",
    schema: { const: SUBPROTOCOL },
  },
};

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
  security: [{ bearer: [] }, { access_token: [] }, { subprotocol: [] }],
  request: { params, query },
  responses: {
    101: { description: "The socket; its first frame is `ready`", headers },
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
    if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
      throw new CoreError("upgrade_required", "This is a WebSocket: ask for an upgrade.");
    }
    checkOrigin(c.var.core.settings, c.req.raw);
    const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
    return openRoomSocket(c.var.core, {
      ...c.var.caller,
      conversationId: c.req.valid("param").id,
      after: c.req.valid("query").after,
      rev: c.req.valid("query").rev,
      subprotocol: offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined,
    });
  },
);
