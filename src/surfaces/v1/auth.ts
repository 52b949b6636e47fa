import { createMiddleware } from "hono/factory";
import { CoreError } from "../../core/errors.ts";
import { requireSession } from "../../core/sessions.ts";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { countCall } from "../../http/rate-limit.ts";
import { readToken, requireSecret } from "../../http/token.ts";

const BEARER = /^Bearer +(\S+)$/i;
const SUBPROTOCOL_TOKEN = "token.";

/** The sub-protocol which the server speaks; browsers offer `token.<T>` beside it. */
export const SUBPROTOCOL = "parley.v1";

/** Refuses what will need a token before anything is done for it. @throws `internal` without `TOKEN_SECRET` */
export const canIssueTokens = createMiddleware<AppEnv>(async (c, next) => {
  requireSecret(c.env.TOKEN_SECRET);
  await next();
});

/**
 * Lets in who brings a live session's token in `Authorization: Bearer`, and counts his call.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  await identify(c, bearer(c.req.header("Authorization")));
  await next();
});

/**
 * The same for sockets, which browsers cannot give headers: the token also comes in
 * `?access_token=` or as the sub-protocol `token.<T>`.
 */
export const socketAuthenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((entry) => entry.trim());
  const protocol = offered.find((entry) => entry.startsWith(SUBPROTOCOL_TOKEN));
  const token =
    bearer(c.req.header("Authorization")) ??
    c.req.query("access_token") ??
    protocol?.slice(SUBPROTOCOL_TOKEN.length);
  await identify(c, token);
  await next();
});

async function identify(
  c: {
    env: Env;
    var: CallerEnv["Variables"];
    set: (key: "caller", value: CallerEnv["Variables"]["caller"]) => void;
  },
  token: string | undefined,
): Promise<void> {
  requireSecret(c.env.TOKEN_SECRET);
  if (!token) {
    throw new CoreError(
      "unauthenticated",
      "This call needs a token: send it as `Authorization: Bearer <token>`.",
    );
  }
  const caller = await readToken(c.env.TOKEN_SECRET, token);
  await requireSession(c.var.core, caller);
  await countCall(c, caller.userId);
  c.set("caller", caller);
}

function bearer(header: string | undefined): string | undefined {
  return header?.match(BEARER)?.[1];
}
