import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { identify } from "../../http/access/identify.ts";
import { countCallIn } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { bucketOf, countCall, setQuotaHeaders } from "./quota.ts";

/** Bots send `Bot T`, users `Bearer T`. Everything after the first space is the token. */
const CARRIER = /^(?:Bot|Bearer) (.+)$/is;

/** The token of a call; undefined: there is none. */
export function tokenOf({ req }: { req: HonoRequest }): string | undefined {
  return CARRIER.exec(req.header("Authorization") ?? "")?.[1];
}

/**
 * Middleware that requires a session token; `Bot` and `Bearer` are equivalent. Sets `caller`, counts the call
 * in its bucket, and writes the quota headers.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const caller = await identify(
    c,
    tokenOf(c),
    "Authorization: must be `Bot` or `Bearer`, a space, and a token",
  );
  c.set("caller", caller);
  if (c.var.core.settings.rateLimits) {
    const bucket = bucketOf(c.req.path);
    setQuotaHeaders(c, countCall(caller.userId, bucket, c.var.core.timing.rateLimits));
    await countCallIn(c, caller.userId, bucket);
  }
  await next();
});
