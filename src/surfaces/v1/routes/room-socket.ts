import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";
import { CoreError } from "../../../core/errors.ts";
import { openRoomSocket } from "../../../core/room-socket.ts";
import type { AppEnv } from "../../../http/env.ts";
import { checkOrigin } from "../../../http/origin.ts";
import { SUBPROTOCOL, socketAuthenticated } from "../auth.ts";
import { refuseInvalid } from "../router.ts";
import { ConversationIdParam, PositionParam } from "../schemas/common.ts";

const params = z.object({ id: ConversationIdParam });
const query = z.object({ after: PositionParam.optional(), rev: PositionParam.optional() });

/**
 * `GET /v1/conversations/{id}/socket`: one conversation over a WebSocket that lives in the conversation
 * itself. `?after=SEQ` (and `&rev=`) replays what came later. A refusal is a problem over HTTP; 426
 * where no upgrade was asked for.
 */
export const roomSocket = new Hono<AppEnv>({ strict: false }).get(
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
