import { createMiddleware } from "hono/factory";
import { identify } from "../../http/access/identify.ts";
import { requireSecret } from "../../http/access/token.ts";
import type { AppEnv, CallerEnv } from "../../http/env.ts";

/**
 * Middleware that requires a session token in the header `token`, and sets `caller`.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  c.set(
    "caller",
    await identify(c, c.req.header("token"), "token: must be there, in the header of this name"),
  );
  await next();
});

/**
 * Middleware of calls that issue a token: fails before any work is done.
 * @throws `internal` without `TOKEN_SECRET`
 */
export const canIssueTokens = createMiddleware<AppEnv>(async (c, next) => {
  requireSecret(c.env.TOKEN_SECRET);
  await next();
});
