import { createMiddleware } from "hono/factory";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { identify } from "../../http/identify.ts";
import { requireSecret } from "../../http/token.ts";

/** Lets in who brings a token in the header `token`. @throws `unauthenticated`, `rate_limited` */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  c.set(
    "caller",
    await identify(c, c.req.header("token"), "token: must be there, in the header of this name"),
  );
  await next();
});

/** Stands before what gives out tokens: nothing is to be done where none can be. @throws `internal` */
export const canIssueTokens = createMiddleware<AppEnv>(async (c, next) => {
  requireSecret(c.env.TOKEN_SECRET);
  await next();
});
