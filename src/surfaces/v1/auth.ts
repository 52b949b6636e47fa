import { createMiddleware } from "hono/factory";
import { identify } from "../../http/access/identify.ts";
import { countAnonymous, countCost } from "../../http/access/rate-limit.ts";
import { requireSecret } from "../../http/access/token.ts";
import type { AnybodyEnv, AppEnv, CallerEnv } from "../../http/env.ts";
import { offeredProtocols } from "./upgrade.ts";

const BEARER = /^Bearer +(\S+)$/i;
const SUBPROTOCOL_TOKEN = "token.";
const MISSING = "This call needs a token: send it as `Authorization: Bearer <token>`.";

/**
 * Middleware of calls that issue a token: fails before any work is done.
 * @throws `internal` without `TOKEN_SECRET`
 */
export const canIssueTokens = createMiddleware<AppEnv>(async (c, next) => {
  requireSecret(c.env.TOKEN_SECRET);
  await next();
});

/**
 * Middleware that requires the token of a live session in `Authorization: Bearer`, sets `caller`, and counts
 * the call.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  c.set("caller", await identify(c, bearer(c.req.header("Authorization")), MISSING));
  await next();
});

/**
 * The same for calls that also answer without a token: `caller` is null then, and the call counts by address.
 * A token that is not valid is refused as everywhere.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticatedIfSent = createMiddleware<AnybodyEnv>(async (c, next) => {
  const token = bearer(c.req.header("Authorization"));
  c.set("caller", token === undefined ? null : await identify(c, token, MISSING));
  if (token === undefined) await countAnonymous(c);
  await next();
});

/**
 * As `authenticated` for sockets, each of which costs a page. Browsers set no headers on them: the token may
 * also come as `?access_token=` or as the sub-protocol `token.<T>`.
 */
export const socketAuthenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const protocol = offeredProtocols(c.req).find((entry) => entry.startsWith(SUBPROTOCOL_TOKEN));
  const token =
    bearer(c.req.header("Authorization")) ??
    c.req.query("access_token") ??
    protocol?.slice(SUBPROTOCOL_TOKEN.length);
  const caller = await identify(c, token, MISSING);
  await countCost(c, caller.userId, "page");
  c.set("caller", caller);
  await next();
});

/** The token of a header `Authorization: Bearer`. */
export function bearer(header: string | undefined): string | undefined {
  return header?.match(BEARER)?.[1];
}
