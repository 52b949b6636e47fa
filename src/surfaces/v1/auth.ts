import { createMiddleware } from "hono/factory";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { identify } from "../../http/identify.ts";
import { requireSecret } from "../../http/token.ts";
import { offeredProtocols } from "./upgrade.ts";

const BEARER = /^Bearer +(\S+)$/i;
const SUBPROTOCOL_TOKEN = "token.";
const MISSING = "This call needs a token: send it as `Authorization: Bearer <token>`.";

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
  c.set("caller", await identify(c, bearer(c.req.header("Authorization")), MISSING));
  await next();
});

/**
 * The same for sockets, which browsers cannot give headers: the token also comes in
 * `?access_token=` or as the sub-protocol `token.<T>`.
 */
export const socketAuthenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const protocol = offeredProtocols(c.req).find((entry) => entry.startsWith(SUBPROTOCOL_TOKEN));
  const token =
    bearer(c.req.header("Authorization")) ??
    c.req.query("access_token") ??
    protocol?.slice(SUBPROTOCOL_TOKEN.length);
  c.set("caller", await identify(c, token, MISSING));
  await next();
});

function bearer(header: string | undefined): string | undefined {
  return header?.match(BEARER)?.[1];
}
