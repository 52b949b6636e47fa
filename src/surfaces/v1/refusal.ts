import type { Context } from "hono";
import { CoreError, type Failure, type TokenFlaw } from "../../domain/errors.ts";
import { KICKED, type KickReason } from "../../domain/sync/socket-protocol.ts";
import { isForeignPage, originRefused } from "../../http/access/origin.ts";
import { countRefused } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, isUpgrade } from "../../http/access/upgrade.ts";
import type { AppEnv } from "../../http/env.ts";
import { conversationEvent } from "./frames/encode.ts";
import type { RefusedFrame } from "./frames/server.ts";
import { PROBLEMS, problem, wireCode } from "./problems.ts";
import { subprotocolOf } from "./upgrade.ts";

/** The reasons of `kicked` for a token that opens no socket. */
const REASONS: Record<TokenFlaw, KickReason> = {
  invalid: "invalid_token",
  expired: "token_expired",
  ended: "session_ended",
};

/**
 * The answer to a failure: a problem over HTTP. An upgrade for a page is accepted instead, and its socket
 * closed at once, since a browser hides a refused upgrade from the page. A page of an origin that is not
 * allowed learns only this, whatever the failure.
 *
 * Over HTTP goes the refusal of everybody of an address with too many refused sockets.
 */
export async function refuse(c: Context<AppEnv>, of: Failure): Promise<Response> {
  if (!isUpgrade(c.req) || c.req.header("Origin") === undefined) return problem(c, of);
  const failure = isForeignPage(c.var.core.settings, c.req.raw) ? originRefused(c.req.raw).toFailure() : of;
  try {
    await countRefused(c, "socket");
  } catch (error) {
    if (error instanceof CoreError) return problem(c, failure);
    throw error;
  }
  c.set("refusedWith", PROBLEMS[failure.code].status);
  return closedSocket({ ...closing(failure), subprotocol: subprotocolOf(c.req) });
}

/** The frame, the close code and the reason for a failure. */
function closing({ code: coreCode, detail, data }: Failure) {
  if (coreCode === "unauthenticated") {
    const reason = REASONS[data?.token ?? "invalid"];
    return { code: KICKED, reason, frame: JSON.stringify(conversationEvent({ type: "kicked", reason })) };
  }
  const code = wireCode(coreCode);
  const { errors, retryAfter } = data ?? {};
  const frame = { type: "refused", code, detail, errors, retry_after: retryAfter } satisfies RefusedFrame;
  return { code: closeCodeOf(PROBLEMS[coreCode].status), reason: code, frame: JSON.stringify(frame) };
}
